/** The tab "Webhooks" of a run: what was told of its end, and to whom. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { Send } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";

import { NoPermission } from "@/components/shell/no-permission";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment } from "@/components/shell/use-environment";
import { buttonStyles } from "@/components/ui/button-styles";
import { QueryErrorView } from "@/components/ui/query-error";
import { StateView } from "@/components/ui/state-view";
import { DeliveryTable, DeliveryTableSkeleton, useDeliveryHref } from "@/components/webhooks/delivery-table";
import type { RunDetailDto } from "@/lib/runs/schema";
import { isTerminal } from "@/lib/runs/transitions";
import { runDeliveriesQuery } from "@/lib/webhooks/query-options";

const POLL_MS = 2_000;
const COLUMNS = { showEndpoint: true, showEnvironment: false, showRun: false };

/** Follows them for as long as one has an attempt to come. */
export function RunDeliveries({ run }: { run: RunDetailDto }) {
  const mayRead = useCan("webhooks:read");
  const router = useRouter();
  const hrefOf = useDeliveryHref();
  const ended = isTerminal(run.status);
  const query = useQuery({
    ...runDeliveriesQuery(run.run_id),
    enabled: mayRead && ended,
    refetchInterval: ({ state: { data } }) => (data?.data.some((row) => row.next_attempt_at) ? POLL_MS : false),
  });
  if (!mayRead) return <NoPermission permission="webhooks:read" what="webhooks" />;
  if (!ended) return <p className="text-sm text-muted">Endpoints are told when the run ends.</p>;
  if (query.isPending) return <DeliveryTableSkeleton {...COLUMNS} />;
  if (query.isError) return <QueryErrorView title="The deliveries could not be loaded" query={query} />;
  if (query.data.data.length === 0) return <NotTold run={run} />;
  return (
    <DeliveryTable
      deliveries={query.data.data}
      {...COLUMNS}
      peekedId={null}
      onPeek={(delivery) => router.push(hrefOf(delivery))}
    />
  );
}

function NotTold({ run }: { run: RunDetailDto }) {
  const { href } = useEnvironment();
  return (
    <StateView
      icon={Send}
      title="Nobody was told"
      actions={
        <Link href={href("/webhooks")} className={buttonStyles({})}>
          See endpoints
        </Link>
      }
    >
      No endpoint of {run.environment} had chosen this event when the run ended.
    </StateView>
  );
}
