/** Deliveries: a table, and two-line cards where a table does not fit. */
"use client";

import Link from "next/link";
import type { MouseEvent } from "react";

import { shortId } from "@/components/runs/run-id";
import { EnvironmentBadge } from "@/components/shell/environment-mark";
import { useEnvironment } from "@/components/shell/use-environment";
import { useKindOf } from "@/components/shell/use-kind-of";
import { RelativeTime } from "@/components/ui/clock";
import { cn } from "@/components/ui/cn";
import { Skeleton } from "@/components/ui/skeleton";
import { Table, Td, Th } from "@/components/ui/table";
import { DeliveryStatusLabel } from "@/components/webhooks/delivery-status";
import { lastResponse } from "@/components/webhooks/delivery-words";
import { EventLabel } from "@/components/webhooks/event-label";
import type { DeliveryDto } from "@/lib/webhooks/deliveries-schema";

/** Stands on the link of each row, for the keys. */
export const DELIVERY_LINK = "data-delivery-link";

export type DeliveryTableProps = {
  deliveries: readonly DeliveryDto[];
  /** Columns for lists over several endpoints, over several environments, and over several runs. */
  showEndpoint: boolean;
  showEnvironment: boolean;
  showRun: boolean;
  /** Id of the delivery in the side panel. */
  peekedId: string | null;
  /** A plain click on a row; others (new tab, middle button) are left to the browser. */
  onPeek: (delivery: DeliveryDto) => void;
};

type Columns = Pick<DeliveryTableProps, "showEndpoint" | "showEnvironment" | "showRun">;

/** Both shapes; CSS shows one. */
export function DeliveryTable(props: DeliveryTableProps) {
  return (
    <>
      <Table label="Deliveries" className="max-sm:hidden">
        <DeliveryTableHead {...props} />
        <tbody className="divide-y divide-hairline">
          {props.deliveries.map((delivery) => (
            <DeliveryRow key={delivery.id} delivery={delivery} {...props} />
          ))}
        </tbody>
      </Table>
      <ul className="flex flex-col divide-y divide-hairline rounded-lg border sm:hidden">
        {props.deliveries.map((delivery) => (
          <DeliveryCard key={delivery.id} delivery={delivery} {...props} />
        ))}
      </ul>
    </>
  );
}

function DeliveryTableHead({ showEndpoint, showEnvironment, showRun }: Columns) {
  return (
    <thead>
      <tr>
        <Th className="w-32">Status</Th>
        <Th className="w-36">Event</Th>
        <Th className="w-28">Delivery</Th>
        {showRun ? <Th className="w-28">Run</Th> : null}
        {showEnvironment ? <Th>Environment</Th> : null}
        {showEndpoint ? <Th>Endpoint</Th> : null}
        <Th>Response</Th>
        <Th className="w-20 text-right">Attempts</Th>
        <Th className="w-32">Next attempt</Th>
        <Th className="w-28 text-right">Created</Th>
      </tr>
    </thead>
  );
}

/** Where a delivery's own page is. */
export function useDeliveryHref() {
  const { href } = useEnvironment();
  return ({ endpoint_id: endpoint, id }: Pick<DeliveryDto, "endpoint_id" | "id">) =>
    href(`/webhooks/${endpoint}/deliveries/${id}`);
}

/** Whether the browser would open the link elsewhere. */
function opensElsewhere(event: MouseEvent): boolean {
  return event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0;
}

type RowProps = Omit<DeliveryTableProps, "deliveries"> & { delivery: DeliveryDto };

function DeliveryRow({ delivery, showEndpoint, showEnvironment, showRun, peekedId, onPeek }: RowProps) {
  const hrefOf = useDeliveryHref();
  const { href } = useEnvironment();
  const kindOf = useKindOf();
  const { run_id: runId, next_attempt_at: next } = delivery;
  return (
    <tr
      aria-current={delivery.id === peekedId || undefined}
      onClick={(event) => {
        const onControl = event.target instanceof Element && event.target.closest("a, button") !== null;
        if (!onControl && !opensElsewhere(event)) onPeek(delivery);
      }}
      className="cursor-default transition-colors hover:bg-hover aria-current:bg-selected has-focus-visible:bg-hover"
    >
      <Td>
        <DeliveryStatusLabel status={delivery.status} />
      </Td>
      <Td>
        <EventLabel type={delivery.event} />
      </Td>
      <Td>
        <Link
          href={hrefOf(delivery)}
          {...{ [DELIVERY_LINK]: delivery.id }}
          prefetch={false}
          title={delivery.id}
          className="rounded-sm font-mono text-xs underline-offset-4 hover:underline"
        >
          {shortId(delivery.id)}
        </Link>
      </Td>
      {showRun ? (
        <Td>
          {runId ? (
            <Link
              href={href(`/runs/${runId}`)}
              prefetch={false}
              title={runId}
              className="rounded-sm font-mono text-xs text-muted underline-offset-4 hover:underline"
            >
              {shortId(runId)}
            </Link>
          ) : (
            <span className="text-muted">–</span>
          )}
        </Td>
      ) : null}
      {showEnvironment ? (
        <Td>
          <EnvironmentBadge slug={delivery.environment} kind={kindOf(delivery.environment)} />
        </Td>
      ) : null}
      {showEndpoint ? (
        <Td className="max-w-72 truncate font-mono text-xs" title={delivery.endpoint_url}>
          {delivery.endpoint_url}
          {delivery.endpoint_deleted ? <span className="ml-1.5 font-sans text-muted">deleted</span> : null}
        </Td>
      ) : null}
      <Td className="max-w-56 truncate">
        <ResponseText delivery={delivery} />
      </Td>
      <Td className="text-right font-mono text-xs text-soft tabular-nums">{delivery.attempt_count}</Td>
      <Td className="text-muted">{next ? <RelativeTime at={next} /> : "–"}</Td>
      <Td className="text-right text-muted">
        <RelativeTime at={delivery.created_at} />
      </Td>
    </tr>
  );
}

/** The last answer's status, or why there was none. */
export function ResponseText({ delivery }: { delivery: DeliveryDto }) {
  const text = lastResponse(delivery);
  if (text === undefined) return <span className="text-muted">Not sent yet</span>;
  const failed = delivery.last_error !== undefined;
  const isCode = /^\d+$/.test(text);
  return <span className={cn(isCode && "font-mono text-xs", failed ? "text-danger-text" : "text-soft")}>{text}</span>;
}

function DeliveryCard({ delivery, showEndpoint, showEnvironment }: RowProps) {
  const hrefOf = useDeliveryHref();
  const kindOf = useKindOf();
  return (
    <li>
      <Link
        href={hrefOf(delivery)}
        prefetch={false}
        className="flex flex-col gap-1 px-3 py-2.5 transition-colors -outline-offset-2 hover:bg-hover"
      >
        <span className="flex items-center gap-2">
          <DeliveryStatusLabel status={delivery.status} />
          <EventLabel type={delivery.event} className="truncate" />
          <RelativeTime at={delivery.created_at} className="ml-auto text-xs text-muted" />
        </span>
        {showEndpoint ? <span className="truncate font-mono text-xs">{delivery.endpoint_url}</span> : null}
        <span className="flex items-center gap-2 text-xs text-muted">
          <ResponseText delivery={delivery} />
          <span>
            {delivery.attempt_count} {delivery.attempt_count === 1 ? "attempt" : "attempts"}
          </span>
          {delivery.next_attempt_at ? (
            <span>
              next <RelativeTime at={delivery.next_attempt_at} />
            </span>
          ) : null}
          {showEnvironment ? (
            <span className="ml-auto">
              <EnvironmentBadge slug={delivery.environment} kind={kindOf(delivery.environment)} />
            </span>
          ) : null}
        </span>
      </Link>
    </li>
  );
}

/** The table's own shape, before it is known what stands in it. */
export function DeliveryTableSkeleton(columns: Columns) {
  return (
    <Table label="Deliveries, loading">
      <DeliveryTableHead {...columns} />
      <tbody aria-busy className="divide-y divide-hairline">
        {[1, 2, 3, 4, 5].map((row) => (
          <tr key={row}>
            <Td>
              <Skeleton className="w-20" />
            </Td>
            <Td>
              <Skeleton className="w-24" />
            </Td>
            <Td colSpan={9}>
              <Skeleton className="w-48" />
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
