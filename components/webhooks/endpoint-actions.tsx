/** What is done with an endpoint while looking at its deliveries: a test event, and the recovery of what has failed. */
"use client";

import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";

import { useRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { showToast, toastError } from "@/components/ui/toast";
import { useDeliveryHref } from "@/components/webhooks/delivery-table";
import { RecoverDialog } from "@/components/webhooks/recover-dialog";
import { useEndpointChanged } from "@/components/webhooks/use-endpoint-changed";
import { pingEndpoint } from "@/lib/webhooks/query-options";
import type { EndpointDto } from "@/lib/webhooks/schema";

/** Why nothing can be sent to it, whoever asks. */
export function sendingProblem({ active, deleted_at: deletedAt }: EndpointDto): string | undefined {
  if (deletedAt) return "The endpoint was deleted";
  return active ? undefined : "The endpoint is disabled. Enable it first.";
}

/** Two buttons. */
export function EndpointActions({ endpoint }: { endpoint: EndpointDto }) {
  const refusal = useRefusal("webhooks:manage");
  const [recovering, setRecovering] = useState(false);
  const underWay = endpoint.recovery ? "A recovery is under way" : undefined;
  return (
    <div className="flex flex-wrap gap-2">
      <Button disabledReason={refusal ?? sendingProblem(endpoint) ?? underWay} onClick={() => setRecovering(true)}>
        Recover failed…
      </Button>
      <PingButton endpoint={endpoint} refusal={refusal} />
      {recovering ? <RecoverDialog endpoint={endpoint} onClose={() => setRecovering(false)} /> : null}
    </div>
  );
}

function PingButton({ endpoint, refusal }: { endpoint: EndpointDto; refusal: string | undefined }) {
  const changed = useEndpointChanged();
  const router = useRouter();
  const hrefOf = useDeliveryHref();
  const ping = useMutation({
    mutationFn: () => pingEndpoint(endpoint),
    onSuccess: async ({ delivery_id: id }) => {
      await changed();
      const open = () => router.push(hrefOf({ endpoint_id: endpoint.id, id }));
      showToast({ tone: "success", title: "Test event sent", action: { label: "Open", onPress: open } });
    },
    onError: (error) => toastError("The test event could not be sent", error),
  });
  return (
    <Button disabledReason={refusal ?? sendingProblem(endpoint)} pending={ping.isPending} onClick={() => ping.mutate()}>
      Send test event
    </Button>
  );
}
