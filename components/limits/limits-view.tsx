/** The limits page below its tabs: what the operator allows the organization, and how many runs of each environment run at once. */
"use client";

import { useQuery } from "@tanstack/react-query";

import { ConcurrencyTable } from "@/components/limits/concurrency-table";
import { useSession } from "@/components/shell/session-context";
import { useNow } from "@/components/ui/clock";
import { formatCount } from "@/components/ui/format-number";
import { QueryErrorView } from "@/components/ui/query-error";
import { Skeleton } from "@/components/ui/skeleton";
import { limitsQuery } from "@/lib/limits/query-options";
import type { Limits } from "@/lib/limits/schema";

/** Everything on the page. */
export function LimitsView() {
  const query = useQuery(limitsQuery());
  if (query.isPending) return <LimitsSkeleton />;
  if (query.isError) return <QueryErrorView title="The limits could not be loaded" query={query} />;
  return (
    <div className="flex flex-col gap-8">
      <OrganizationLimits limits={query.data} />
      <section aria-labelledby="concurrency">
        <h2 id="concurrency" className="text-base font-semibold">
          Runs at once
        </h2>
        <p className="mt-0.5 mb-3 max-w-2xl text-sm text-muted">{concurrencyNote(query.data)}</p>
        <ConcurrencyTable environments={query.data.data} />
      </section>
    </div>
  );
}

function concurrencyNote({ data }: Limits): string {
  const limited = data.some(({ concurrency }) => concurrency.effective !== null);
  return limited
    ? "What is beyond an environment’s limit waits as PENDING and starts as soon as another run ends. The lower of your limit and the ceiling holds."
    : "No limits are set: every run starts as soon as a worker has room for it. Beyond a limit runs wait as PENDING.";
}

/** What only the operator sets. */
function OrganizationLimits({ limits }: { limits: Limits }) {
  const { support_contact: support } = useSession();
  const { runs_per_minute: rate, environments } = limits;
  return (
    <section aria-labelledby="organization-limits">
      <h2 id="organization-limits" className="text-base font-semibold">
        Organization
      </h2>
      <p className="mt-0.5 mb-3 max-w-2xl text-sm text-muted">
        Set by the operator. To change them, contact support: {support}.
      </p>
      <dl className="grid max-w-2xl grid-cols-1 divide-y divide-hairline rounded-lg border sm:grid-cols-2 sm:divide-x sm:divide-y-0">
        <Fact name="Runs a minute" value={rate.limit === null ? "No limit" : formatCount(rate.limit)}>
          {rate.limit === null ? "Every run is accepted" : <Used rate={rate} limit={rate.limit} />}
        </Fact>
        <Fact name="Environments beside live" value={formatCount(environments.limit)}>
          {formatCount(environments.used)} used
        </Fact>
      </dl>
    </section>
  );
}

function Used({ rate, limit }: { rate: Limits["runs_per_minute"]; limit: number }) {
  const nowMs = useNow();
  const isOver = rate.resets_at !== undefined && Date.parse(rate.resets_at) <= nowMs;
  const used = isOver ? 0 : rate.used;
  if (used >= limit) return <span className="text-warning-text">All used in this minute: further runs get 429</span>;
  return <>{formatCount(used)} used in this minute</>;
}

function Fact({ name, value, children }: { name: string; value: string; children: React.ReactNode }) {
  return (
    <div className="px-4 py-3">
      <dt className="text-xs font-medium text-muted">{name}</dt>
      <dd className="mt-1 text-lg font-semibold tabular-nums">{value}</dd>
      <dd className="text-xs text-muted tabular-nums">{children}</dd>
    </div>
  );
}

function LimitsSkeleton() {
  return (
    <div aria-busy className="flex flex-col gap-4">
      <Skeleton className="h-16 max-w-2xl" />
      <Skeleton className="h-40" />
    </div>
  );
}
