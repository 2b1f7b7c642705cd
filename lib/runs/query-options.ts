/** Runs as the browser reads them, and the one thing it can do to one: cancel it. */
import { queryOptions } from "@tanstack/react-query";

import { portalFetch, portalUrl } from "../http/portal-client.ts";
import { createdRange } from "./created-range.ts";
import type { RunDetailDto, RunPage, RunStatusName } from "./schema.ts";

/** What the table is narrowed to. */
export type RunFilters = {
  status: readonly RunStatusName[];
  engine: string | null;
  version: string | null;
  /** `1h`, `24h`, `7d`, `30d` back from now, or `2026-11-01..2026-11-21` (days in UTC, both included). */
  created: string | null;
};

export const RUNS_PER_PAGE = 25;

function runsPath(environment: string, filters: RunFilters, cursor: string | null): string {
  const { createdAfter, createdBefore } = createdRange(filters.created, Date.now());
  return portalUrl("/api/runs", {
    environment,
    status: filters.status,
    engine: filters.engine ?? undefined,
    version: filters.version ?? undefined,
    created_after: createdAfter,
    created_before: createdBefore,
    cursor: cursor ?? undefined,
    limit: RUNS_PER_PAGE,
  });
}

/** One page of the runs of an environment (or of `all`), newest first. A relative range is resolved at each read. */
export function runsQuery(environment: string, filters: RunFilters, cursor: string | null) {
  return queryOptions({
    queryKey: ["runs", environment, filters, cursor],
    queryFn: ({ signal }) => portalFetch<RunPage>(runsPath(environment, filters, cursor), { signal }),
    // The live feed keeps the rows up to date in place; reading anew would move them under the reader's eyes.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

/** One run with what it was given and what came of it. */
export function runQuery(id: string) {
  return queryOptions({
    queryKey: ["run", id],
    queryFn: ({ signal }) => portalFetch<RunDetailDto>(`/api/runs/${encodeURIComponent(id)}`, { signal }),
  });
}

/** Cancels a run that has not ended, in its own environment. */
export function cancelRun({ run_id, environment }: RunDetailDto): Promise<RunDetailDto> {
  return portalFetch(portalUrl(`/api/runs/${encodeURIComponent(run_id)}/cancel`, { environment }), { method: "POST" });
}

/** Where changed runs are streamed from, as server-sent events named `runs`. */
export function runStreamUrl(environment: string): string {
  return portalUrl("/api/runs/stream", { environment });
}

/** The newest page, read beside the cache: for polling while there is no stream. */
export function listNewestRuns(environment: string, filters: RunFilters): Promise<RunPage> {
  return portalFetch(runsPath(environment, filters, null));
}
