/** Runs as the browser reads them, and what it can do: send, search, cancel. */
import { queryOptions } from "@tanstack/react-query";

import type { RunTraceAnswer } from "../engines/trace-schema.ts";
import { portalFetch, portalUrl } from "../http/portal-client.ts";
import { MAX_PAGE_SIZE } from "../page-size.ts";
import { createdRange } from "./created-range.ts";
import type { RunDetailDto, RunInputDto, RunPage, RunStatusName } from "./schema.ts";
import type { RunSearch } from "./value-search-schema.ts";

/** What the table is narrowed to. */
export type RunFilters = {
  status: readonly RunStatusName[];
  engine: string | null;
  version: string | null;
  /** `1h`, `24h`, `7d`, `30d` back from now, or `2026-11-01..2026-11-21` (days in UTC, both included). */
  created: string | null;
  tag: string | null;
  /** A part of an id: see id-ends.ts. */
  id: string | null;
};

export const RUNS_PER_PAGE = 25;

function runsPath(environment: string, filters: RunFilters, cursor: string | null, limit = RUNS_PER_PAGE): string {
  const { createdAfter, createdBefore } = createdRange(filters.created, Date.now());
  return portalUrl("/api/runs", {
    environment,
    status: filters.status,
    engine: filters.engine ?? undefined,
    version: filters.version ?? undefined,
    created_after: createdAfter,
    created_before: createdBefore,
    tag: filters.tag ?? undefined,
    id: filters.id ?? undefined,
    cursor: cursor ?? undefined,
    limit,
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

/** What one run was given, as the texts that were sent. It never changes. Throws a 404 where it is not kept any more. */
export function runInputQuery(id: string) {
  return queryOptions({
    queryKey: ["run-input", id],
    queryFn: ({ signal }) => portalFetch<RunInputDto>(`/api/runs/${encodeURIComponent(id)}/input`, { signal }),
    staleTime: Infinity,
  });
}

/** The decision trace of a run that has ended, or of one of its offerings. It never changes, and may take a moment to be made. */
export function runTraceQuery(id: string, offering?: string) {
  return queryOptions({
    queryKey: ["run-trace", id, offering ?? null],
    queryFn: ({ signal }) =>
      portalFetch<RunTraceAnswer>(portalUrl(`/api/runs/${encodeURIComponent(id)}/trace`, { offering }), { signal }),
    staleTime: Infinity,
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

/** One run to be sent; input and offerings as JSON text, so that numbers keep the digits that a person has typed. */
export type ComposedRun = {
  engine: string;
  version: string | null;
  input: string;
  offerings: string | null;
  tags: readonly string[];
};

/** Sends a run in an environment. Sending it again under the same key makes no other run. */
export function sendRun(environment: string, run: ComposedRun, idempotencyKey: string): Promise<{ run_id: string }> {
  const members = {
    engine: JSON.stringify(run.engine),
    ...(run.version === null ? {} : { engine_version: JSON.stringify(run.version) }),
    ...(run.tags.length === 0 ? {} : { tags: JSON.stringify(run.tags) }),
    input: run.input,
    ...(run.offerings === null ? {} : { offerings: run.offerings }),
  };
  const texts = Object.entries(members).map(([name, text]) => `"${name}":${text}`);
  return portalFetch(portalUrl("/api/runs", { environment }), {
    method: "POST",
    bodyText: `{${texts.join(",")}}`,
    headers: { "idempotency-key": idempotencyKey },
  });
}

/** Looks through a part of the runs for a value. The value goes in the body, so that it stands in no URL. */
export function searchRunsByValue(
  environment: string,
  filters: RunFilters,
  query: string,
  cursor: string | null,
  signal: AbortSignal,
): Promise<RunSearch> {
  const { createdAfter, createdBefore } = createdRange(filters.created, Date.now());
  const body = {
    query,
    status: filters.status.length > 0 ? filters.status : undefined,
    engine: filters.engine ?? undefined,
    version: filters.version ?? undefined,
    tag: filters.tag ?? undefined,
    created_after: createdAfter,
    created_before: createdBefore,
    cursor: cursor ?? undefined,
  };
  return portalFetch(portalUrl("/api/runs/search", { environment }), { method: "POST", body, signal });
}

/** How many runs that fit have not ended: as far as one page tells. `more`: there are others. */
export async function countOpenRuns(
  environment: string,
  filters: RunFilters,
  signal: AbortSignal,
): Promise<{ runs: number; more: boolean }> {
  const open = (["PENDING", "RUNNING"] as const).filter(
    (status) => filters.status.length === 0 || filters.status.includes(status),
  );
  const path = runsPath(environment, { ...filters, status: open }, null, MAX_PAGE_SIZE);
  const { data, next_cursor } = await portalFetch<RunPage>(path, { signal });
  return { runs: data.length, more: next_cursor !== null };
}
