/** The tab "Deliveries": what was sent to all endpoints of an environment, or of all. */
"use client";

import { Send } from "lucide-react";
import Link from "next/link";

import { useEnvironment } from "@/components/shell/use-environment";
import { buttonStyles } from "@/components/ui/button-styles";
import { StateView } from "@/components/ui/state-view";
import { DeliveryList } from "@/components/webhooks/delivery-list";

/** Below the webhooks' frame. */
export function DeliveriesView() {
  const { slug, kind, href } = useEnvironment();
  const where = { live: "Live", all: "Your organization", environment: slug, test: slug }[kind];
  return (
    <DeliveryList
      source={{ environment: slug }}
      empty={
        <StateView
          icon={Send}
          title="No deliveries yet"
          actions={
            <Link href={href("/webhooks")} className={buttonStyles({})}>
              See endpoints
            </Link>
          }
        >
          {where} has sent no event. When a run ends, each endpoint that has chosen its event gets a delivery, and it
          appears here.
        </StateView>
      }
    />
  );
}
