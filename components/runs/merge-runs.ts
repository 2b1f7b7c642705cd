/** How news of runs changes what is being read: rows are updated in place, rows that are new are only counted. */
import { createdRange } from "@/lib/runs/created-range";
import type { RunFilters, RunPage, RunSummary } from "@/lib/runs/query-options";

/** Whether a run belongs into the filtered list. */
export function matchesFilters(run: RunSummary, filters: RunFilters, nowMs: number): boolean {
  const { createdAfter, createdBefore } = createdRange(filters.created, nowMs);
  const at = Date.parse(run.created_at);
  return (
    (filters.status.length === 0 || filters.status.includes(run.status)) &&
    (filters.engine === null || run.engine === filters.engine) &&
    (filters.version === null || run.engine_version === filters.version) &&
    (createdAfter === undefined || at >= Date.parse(createdAfter)) &&
    (createdBefore === undefined || at < Date.parse(createdBefore))
  );
}

/** The page with changed rows replaced; the same object when none of them is on it. Rows neither come, go nor move. */
export function mergeChanges(page: RunPage, changed: readonly RunSummary[]): RunPage {
  const byId = new Map(changed.map((run) => [run.run_id, run]));
  if (!page.data.some((run) => byId.has(run.run_id))) return page;
  return { ...page, data: page.data.map((run) => byId.get(run.run_id) ?? run) };
}

/** The ids among `changed` that belong on this first page and are not on it: news, to be counted. */
export function unreadIds(page: RunPage, changed: readonly RunSummary[]): string[] {
  const shown = new Set(page.data.map((run) => run.run_id));
  const last = page.data.at(-1)?.run_id;
  // Ids are UUIDv7, so they sort by time; what is older than the last row of a full page belongs on a later page.
  const belongs = (id: string) => page.next_cursor === null || last === undefined || id > last;
  return changed.map((run) => run.run_id).filter((id) => !shown.has(id) && belongs(id));
}
