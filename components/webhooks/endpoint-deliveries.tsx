/** The tab "Deliveries" of an endpoint. */
"use client";

import { Send } from "lucide-react";

import { StateView } from "@/components/ui/state-view";
import { DeliveryList } from "@/components/webhooks/delivery-list";
import { useEndpoint } from "@/components/webhooks/endpoint-frame";

/** Below its frame. */
export function EndpointDeliveries() {
  const { id, environment } = useEndpoint();
  return (
    <DeliveryList
      source={{ endpointId: id }}
      empty={
        <StateView icon={Send} title="No deliveries yet">
          Each event of {environment} that this endpoint has chosen appears here, with every attempt to deliver it. A
          test event shows how it looks.
        </StateView>
      }
    />
  );
}
