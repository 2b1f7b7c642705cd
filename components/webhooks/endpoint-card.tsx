/** An endpoint in the list: where it is, what it gets, how it does. */
"use client";

import Link from "next/link";
import type { ReactNode } from "react";

import { EnvironmentBadge } from "@/components/shell/environment-mark";
import { useEnvironment } from "@/components/shell/use-environment";
import { useKindOf } from "@/components/shell/use-kind-of";
import { RelativeTime } from "@/components/ui/clock";
import { formatCount } from "@/components/ui/format-number";
import { DeliveryStatusLabel } from "@/components/webhooks/delivery-status";
import { EndpointBanners } from "@/components/webhooks/endpoint-banners";
import { EndpointState } from "@/components/webhooks/endpoint-state";
import { EventBadges } from "@/components/webhooks/event-label";
import { formatRate, SAMPLE_WORDS } from "@/components/webhooks/health-words";
import { SuccessSparkline } from "@/components/webhooks/success-sparkline";
import type { EndpointHealth, PortalEndpointDto } from "@/lib/webhooks/schema";
import { DELIVERY_STATUSES } from "@/lib/webhooks/statuses";

/** The whole card leads to the endpoint's page. */
export function EndpointCard({ endpoint, showEnvironment }: { endpoint: PortalEndpointDto; showEnvironment: boolean }) {
  const { href } = useEnvironment();
  const kindOf = useKindOf();
  const mustBeNoticed = !endpoint.deleted_at && (!endpoint.active || endpoint.failing_since || endpoint.recovery);
  return (
    <li className="relative flex flex-col gap-3 rounded-lg border p-4 transition-colors hover:border-line-strong">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="flex min-w-0 flex-1 basis-80 flex-col gap-2">
          <h2 className="flex min-w-0 items-center gap-x-2 gap-y-1.5 font-normal max-sm:flex-wrap">
            <EndpointState endpoint={endpoint} />
            {showEnvironment ? (
              <EnvironmentBadge slug={endpoint.environment} kind={kindOf(endpoint.environment)} />
            ) : null}
            <Link
              href={href(`/webhooks/${endpoint.id}`)}
              title={endpoint.url}
              className="min-w-0 truncate rounded-sm font-mono text-sm max-sm:basis-full font-medium tracking-normal underline-offset-4 after:absolute after:inset-0 after:rounded-lg hover:underline focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-offset-2 focus-visible:after:outline-focus"
            >
              {endpoint.url}
            </Link>
          </h2>
          {endpoint.description ? <p className="truncate text-sm text-muted">{endpoint.description}</p> : null}
          <EventBadges types={endpoint.events} />
        </div>
        <EndpointHealthFigures health={endpoint.health} />
      </div>
      {mustBeNoticed ? (
        <div className="relative z-1">
          <EndpointBanners endpoint={endpoint} />
        </div>
      ) : null}
    </li>
  );
}

/** The bars of 24 hours and the figures that belong to them. */
export function EndpointHealthFigures({ health }: { health: EndpointHealth }) {
  const { success_rate: rate, sampled, pending, pending_is_more: more, last_delivery: last } = health;
  return (
    <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
      <dl className="grid grid-cols-[5.75rem_4rem_11rem] gap-x-4 gap-y-2 max-sm:grid-cols-[5.75rem_3.5rem_auto]">
        <Figure label={"Success, 24\u00a0h"}>
          {rate === null ? (
            <span className="text-muted">No attempts</span>
          ) : (
            <span className="font-mono tabular-nums" title={sampled && `Judged ${SAMPLE_WORDS}`}>
              {sampled ? "≈\u00a0" : ""}
              {formatRate(rate)}
            </span>
          )}
        </Figure>
        <Figure label="Pending">
          <span className="font-mono tabular-nums">
            {formatCount(pending)}
            {more ? "+" : ""}
          </span>
        </Figure>
        <Figure label="Last delivery">
          {last === null ? (
            <span className="text-muted">None</span>
          ) : (
            <span className="flex items-center gap-1.5">
              {isStatus(last.status) ? <DeliveryStatusLabel status={last.status} className="[&]:gap-1" /> : null}
              <RelativeTime at={last.created_at} className="text-xs text-muted" />
            </span>
          )}
        </Figure>
      </dl>
      <SuccessSparkline health={health} className="relative z-1" />
    </div>
  );
}

type Status = (typeof DELIVERY_STATUSES)[number];
const isStatus = (status: string): status is Status => (DELIVERY_STATUSES as readonly string[]).includes(status);

function Figure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="mb-0.5 text-xs whitespace-nowrap text-muted">{label}</dt>
      <dd className="flex min-h-5 items-center text-sm">{children}</dd>
    </div>
  );
}
