/** Where example commands point: this installation's addresses and an engine that can be run. */
"use client";

import { useQuery } from "@tanstack/react-query";

import type { CommandTarget } from "@/components/api-keys/first-run-command";
import { useSession } from "@/components/shell/session-context";
import { enginesQuery } from "@/lib/engines/query-options";

/** The first published engine of the organization; its usual example engine while the list is loading. */
export function useCommandTarget(): CommandTarget {
  const { api_url, platform_url } = useSession();
  const { data } = useQuery(enginesQuery());
  const published = data?.data.filter((engine) => engine.latest_version !== null) ?? [];
  const engine = published.find(({ slug }) => slug === "loan-placement") ?? published[0];
  return { apiUrl: api_url, platformUrl: platform_url, engine: engine?.slug ?? "loan-placement" };
}
