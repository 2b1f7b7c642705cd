/** A delivery looked into: its facts, its attempts in time, and of the chosen attempt the request at the left and the response at the right. */
"use client";

import { queryOptions } from "@tanstack/react-query";
import Link from "next/link";
import { type ReactNode, useState } from "react";

import { shortId } from "@/components/runs/run-id";
import { EnvironmentBadge } from "@/components/shell/environment-mark";
import { useEnvironment } from "@/components/shell/use-environment";
import { useKindOf } from "@/components/shell/use-kind-of";
import { Callout } from "@/components/ui/callout";
import { RelativeTime } from "@/components/ui/clock";
import { CopyButton } from "@/components/ui/copy-button";
import { Skeleton } from "@/components/ui/skeleton";
import { AttemptTimeline } from "@/components/webhooks/attempt-timeline";
import { AttemptExchange, UnsentRequest } from "@/components/webhooks/attempt-exchange";
import { errorWords } from "@/components/webhooks/delivery-words";
import { EventLabel } from "@/components/webhooks/event-label";
import type { DeliveryDetailDto, DeliveryDto } from "@/lib/webhooks/deliveries-schema";
import { deliveryQuery } from "@/lib/webhooks/query-options";

const [SOON_MS, POLL_SOON_MS, POLL_MS] = [10_000, 1_000, 10_000];

/** The delivery, followed closely while an attempt is near, and at leisure while one is to come. */
export function liveDeliveryQuery(delivery: Pick<DeliveryDto, "id" | "endpoint_id">) {
  return queryOptions({
    ...deliveryQuery(delivery),
    refetchInterval: ({ state: { data } }) => {
      if (!data?.next_attempt_at) return false;
      return Date.parse(data.next_attempt_at) - Date.now() < SOON_MS ? POLL_SOON_MS : POLL_MS;
    },
  });
}

/** The same in the side panel and on the delivery's own page. */
export function DeliveryInspector({ delivery }: { delivery: DeliveryDetailDto }) {
  const [chosen, setChosen] = useState<number | null>(null);
  const { attempts } = delivery;
  const shown = attempts.find(({ number }) => number === chosen) ?? attempts[0];
  return (
    <>
      <DeliveryFacts delivery={delivery} />
      <WhyFailed delivery={delivery} />
      <AttemptTimeline delivery={delivery} shown={shown?.number} onShow={setChosen} />
      {shown ? (
        <AttemptExchange key={shown.number} attempt={shown} body={delivery.request_body} />
      ) : (
        <UnsentRequest url={delivery.endpoint_url} body={delivery.request_body} />
      )}
    </>
  );
}

function DeliveryFacts({ delivery }: { delivery: DeliveryDetailDto }) {
  const { href } = useEnvironment();
  const kindOf = useKindOf();
  return (
    <dl className="flex flex-wrap gap-x-8 gap-y-3">
      <Fact label="Event">
        <EventLabel type={delivery.event} />
      </Fact>
      <Fact label="Event id">
        <code className="font-mono text-xs" title={delivery.event_id}>
          {delivery.event_id.slice(0, 8)}…{delivery.event_id.slice(-4)}
        </code>
        <CopyButton text={delivery.event_id} label="Copy event id" className="-my-1" />
      </Fact>
      {delivery.run_id ? (
        <Fact label="Run">
          <Link
            href={href(`/runs/${delivery.run_id}`)}
            title={delivery.run_id}
            className="rounded-sm font-mono text-xs text-accent-text underline-offset-4 hover:underline"
          >
            {shortId(delivery.run_id)}
          </Link>
        </Fact>
      ) : null}
      <Fact label="Environment">
        <EnvironmentBadge slug={delivery.environment} kind={kindOf(delivery.environment)} />
      </Fact>
      <Fact label="Created">
        <RelativeTime at={delivery.created_at} />
      </Fact>
      <Fact label="Endpoint" className="min-w-0 flex-1 basis-64">
        <Link
          href={href(`/webhooks/${delivery.endpoint_id}`)}
          title={delivery.endpoint_url}
          className="min-w-0 truncate rounded-sm font-mono text-xs text-accent-text underline-offset-4 hover:underline"
        >
          {delivery.endpoint_url}
        </Link>
        {delivery.endpoint_deleted ? <span className="text-xs text-muted">deleted</span> : null}
      </Fact>
    </dl>
  );
}

function Fact({ label, children, className = "min-w-0" }: { label: string; children: ReactNode; className?: string }) {
  return (
    <div className={className}>
      <dt className="mb-0.5 text-xs text-muted">{label}</dt>
      <dd className="flex min-h-5 items-center gap-1.5 text-sm">{children}</dd>
    </div>
  );
}

/** The last error with what to do about it; nothing where all is well. */
function WhyFailed({ delivery: { status, last_error: error } }: { delivery: DeliveryDetailDto }) {
  if (error === undefined || status === "DELIVERED" || status === "CANCELED") return null;
  const { short, advice } = errorWords(error);
  return (
    <Callout tone={status === "FAILED" ? "danger" : "warning"}>
      <strong className="font-semibold">{short}.</strong> {advice}
    </Callout>
  );
}

/** Its own shape. */
export function InspectorSkeleton() {
  return (
    <div aria-busy className="flex flex-col gap-5">
      <span className="sr-only">Loading the delivery</span>
      <Skeleton className="h-8 w-3/4" />
      <Skeleton className="h-24 w-full" />
      <div className="grid gap-4 md:grid-cols-2">
        <Skeleton className="h-64 w-full" />
        <Skeleton className="h-64 w-full" />
      </div>
    </div>
  );
}
