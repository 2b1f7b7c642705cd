/** What is read anew when an endpoint has changed. */
"use client";

import { useQueryClient } from "@tanstack/react-query";

/** Call it after a write; resolves when the lists and the endpoint itself are read anew. */
export function useEndpointChanged(): () => Promise<unknown> {
  const queryClient = useQueryClient();
  const keys = ["webhooks", "webhook", "webhook-deliveries", "webhook-delivery", "run-deliveries"];
  return () => Promise.all(keys.map((key) => queryClient.invalidateQueries({ queryKey: [key] })));
}
