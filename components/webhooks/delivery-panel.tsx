/** A delivery at the side of the table, so that the list stays in sight. */
"use client";

import { useQuery } from "@tanstack/react-query";

import { shortId } from "@/components/runs/run-id";
import { QueryErrorView } from "@/components/ui/query-error";
import { SidePanel } from "@/components/ui/side-panel";
import { DeliveryInspector, InspectorSkeleton, liveDeliveryQuery } from "@/components/webhooks/delivery-inspector";
import { DeliveryStatusLabel } from "@/components/webhooks/delivery-status";
import { useDeliveryHref } from "@/components/webhooks/delivery-table";
import { ResendButton } from "@/components/webhooks/resend-button";
import type { DeliveryDto } from "@/lib/webhooks/deliveries-schema";

type Props = { delivery: Pick<DeliveryDto, "id" | "endpoint_id">; onClose: () => void };

/** Wide enough for a request and its answer beside each other. */
export function DeliveryPanel({ delivery, onClose }: Props) {
  const query = useQuery(liveDeliveryQuery(delivery));
  const hrefOf = useDeliveryHref();
  return (
    <SidePanel
      label="Delivery"
      id={delivery.id}
      shortId={shortId(delivery.id)}
      status={query.data ? <DeliveryStatusLabel status={query.data.status} /> : null}
      actions={query.data ? <ResendButton delivery={query.data} size="sm" /> : null}
      href={hrefOf(delivery)}
      onClose={onClose}
      className="w-[min(860px,62vw)]"
    >
      {query.isError ? <QueryErrorView title="The delivery could not be loaded" query={query} /> : null}
      {query.isPending ? <InspectorSkeleton /> : null}
      {query.data ? <DeliveryInspector delivery={query.data} /> : null}
    </SidePanel>
  );
}
