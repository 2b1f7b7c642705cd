/** A delivery at the side of the table, so that the list stays in sight. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { Maximize2, X } from "lucide-react";
import Link from "next/link";

import { shortId } from "@/components/runs/run-id";
import { Button } from "@/components/ui/button";
import { buttonStyles } from "@/components/ui/button-styles";
import { CopyButton } from "@/components/ui/copy-button";
import { QueryErrorView } from "@/components/ui/query-error";
import { DeliveryInspector, InspectorSkeleton, liveDeliveryQuery } from "@/components/webhooks/delivery-inspector";
import { DeliveryStatusLabel } from "@/components/webhooks/delivery-status";
import { useDeliveryHref } from "@/components/webhooks/delivery-table";
import { ResendButton } from "@/components/webhooks/resend-button";
import type { DeliveryDto } from "@/lib/webhooks/deliveries-schema";

type Props = { delivery: Pick<DeliveryDto, "id" | "endpoint_id">; onClose: () => void };

/** Not modal: the table goes on working beside it. */
export function DeliveryPanel({ delivery, onClose }: Props) {
  const query = useQuery(liveDeliveryQuery(delivery));
  const hrefOf = useDeliveryHref();
  return (
    <aside
      aria-label="Delivery"
      className="fixed top-12 right-0 bottom-0 z-10 flex w-[min(860px,62vw)] flex-col overflow-y-auto border-l bg-canvas shadow-float animate-slide-left max-lg:hidden"
    >
      <header className="sticky top-0 z-10 flex items-center gap-2 border-b bg-canvas py-2 pr-3 pl-5">
        {query.data ? <DeliveryStatusLabel status={query.data.status} /> : null}
        <h2 className="font-mono text-xs font-medium">{shortId(delivery.id)}</h2>
        <CopyButton text={delivery.id} label="Copy delivery id" />
        <div className="ml-auto flex items-center gap-1">
          {query.data ? <ResendButton delivery={query.data} size="sm" /> : null}
          <Link
            href={hrefOf(delivery)}
            aria-label="Open full page"
            className={buttonStyles({ variant: "ghost", size: "iconSm" })}
          >
            <Maximize2 aria-hidden />
          </Link>
          <Button variant="ghost" size="iconSm" aria-label="Close panel" onClick={onClose}>
            <X aria-hidden />
          </Button>
        </div>
      </header>
      <div className="flex flex-col gap-5 px-5 pt-4 pb-12">
        {query.isError ? <QueryErrorView title="The delivery could not be loaded" query={query} /> : null}
        {query.isPending ? <InspectorSkeleton /> : null}
        {query.data ? <DeliveryInspector delivery={query.data} /> : null}
      </div>
    </aside>
  );
}
