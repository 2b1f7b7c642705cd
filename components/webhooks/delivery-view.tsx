/** The page of one delivery. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { SearchX } from "lucide-react";
import Link from "next/link";

import { NoPermission } from "@/components/shell/no-permission";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment } from "@/components/shell/use-environment";
import { buttonStyles } from "@/components/ui/button-styles";
import { CopyButton } from "@/components/ui/copy-button";
import { QueryErrorView } from "@/components/ui/query-error";
import { StateView } from "@/components/ui/state-view";
import { DeliveryInspector, InspectorSkeleton, liveDeliveryQuery } from "@/components/webhooks/delivery-inspector";
import { DeliveryStatusLabel } from "@/components/webhooks/delivery-status";
import { BackLink } from "@/components/webhooks/endpoint-frame";
import { ResendButton } from "@/components/webhooks/resend-button";
import { PortalError } from "@/lib/http/portal-client";

/** Follows the delivery for as long as an attempt is to come. */
export function DeliveryView({ endpointId, id }: { endpointId: string; id: string }) {
  const mayRead = useCan("webhooks:read");
  const query = useQuery({ ...liveDeliveryQuery({ endpoint_id: endpointId, id }), enabled: mayRead });
  if (!mayRead) return <NoPermission permission="webhooks:read" what="webhooks" />;
  if (query.isPending) return <InspectorSkeleton />;
  if (query.error instanceof PortalError && query.error.status === 404) return <DeliveryNotFound id={id} />;
  if (query.isError) return <QueryErrorView title="The delivery could not be loaded" query={query} />;
  const delivery = query.data;
  return (
    <>
      <BackLink path={`/webhooks/${endpointId}`} label="Endpoint" />
      <header className="mb-5 flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <DeliveryStatusLabel status={delivery.status} className="text-sm [&_svg]:size-4" />
          <div className="flex min-w-0 items-center gap-1">
            <h1 className="min-w-0 font-mono text-lg font-medium tracking-normal break-all">{delivery.id}</h1>
            <CopyButton text={delivery.id} label="Copy delivery id" />
          </div>
        </div>
        <ResendButton delivery={delivery} />
      </header>
      <div className="flex flex-col gap-5">
        <DeliveryInspector delivery={delivery} />
      </div>
    </>
  );
}

function DeliveryNotFound({ id }: { id: string }) {
  const { href } = useEnvironment();
  return (
    <StateView
      heading="h1"
      icon={SearchX}
      title="No such delivery"
      actions={
        <Link href={href("/webhooks/deliveries")} className={buttonStyles({})}>
          All deliveries
        </Link>
      }
    >
      This endpoint has no delivery <code className="font-mono text-xs break-all text-soft">{id.slice(0, 64)}</code>.
    </StateView>
  );
}
