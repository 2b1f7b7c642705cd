/** Sends one delivery again, now. */
"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";

import { useRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { toastError, toastSuccess } from "@/components/ui/toast";
import type { DeliveryDto } from "@/lib/webhooks/deliveries-schema";
import { endpointQuery, resendDelivery } from "@/lib/webhooks/query-options";

/** Says why not where it cannot be: the endpoint is disabled or gone, or an attempt is just being made. */
export function ResendButton({ delivery, size = "md" }: { delivery: DeliveryDto; size?: "sm" | "md" }) {
  const queryClient = useQueryClient();
  const refusal = useRefusal("webhooks:manage");
  const { data: endpoint } = useQuery(endpointQuery(delivery.endpoint_id));
  const resend = useMutation({
    mutationFn: () => resendDelivery(delivery),
    onSuccess: async () => {
      await Promise.all([
        queryClient.invalidateQueries({ queryKey: ["webhook-delivery", delivery.id] }),
        queryClient.invalidateQueries({ queryKey: ["webhook-deliveries"] }),
        queryClient.invalidateQueries({ queryKey: ["run-deliveries"] }),
      ]);
      toastSuccess("Sent again", "Its attempt appears here as soon as it is made.");
    },
    onError: (error) => toastError("It could not be sent again", error),
  });
  const reason = delivery.endpoint_deleted
    ? "The endpoint was deleted"
    : endpoint && !endpoint.active
      ? "The endpoint is disabled. Enable it first."
      : undefined;
  return (
    <Button size={size} disabledReason={refusal ?? reason} pending={resend.isPending} onClick={() => resend.mutate()}>
      <RotateCw aria-hidden />
      {delivery.status === "PENDING" ? "Send now" : "Resend"}
    </Button>
  );
}
