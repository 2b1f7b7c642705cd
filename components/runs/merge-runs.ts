/** How news of runs changes what is being read: rows are updated in place, rows that are new are only counted. */
import { createdRange } from "@/lib/runs/created-range";
import { parseIdEnds } from "@/lib/runs/id-ends";
import type { RunFilters } from "@/lib/runs/query-options";
import type { RunPage, RunSummaryDto } from "@/lib/runs/schema";

/** Whether a run belongs into the filtered list. */
export function matchesFilters(run: RunSummaryDto, filters: RunFilters, nowMs: number): boolean {
  const { createdAfter, createdBefore } = createdRange(filters.created, nowMs);
  const at = Date.parse(run.created_at);
  return (
    (filters.status.length === 0 || filters.status.includes(run.status)) &&
    (filters.engine === null || run.engine === filters.engine) &&
    matchesVersion(run.engine_version, filters.version) &&
    (filters.tag === null || (run.tags?.includes(filters.tag) ?? false)) &&
    matchesId(run.run_id, filters.id) &&
    (createdAfter === undefined || at >= Date.parse(createdAfter)) &&
    (createdBefore === undefined || at < Date.parse(createdBefore))
  );
}

// `1.x` stands for all of major 1.
function matchesVersion(version: string, filter: string | null): boolean {
  if (filter === null || version === filter) return true;
  return filter.endsWith(".x") && version.startsWith(filter.slice(0, -1));
}

function matchesId(id: string, filter: string | null): boolean {
  const ends = filter === null ? null : parseIdEnds(filter);
  return ends === null || (id.startsWith(ends.head) && id.endsWith(ends.tail));
}

/** The page with changed rows replaced; the same object when none of them is on it. Rows neither come, go nor move. */
export function mergeChanges(page: RunPage, changed: readonly RunSummaryDto[]): RunPage {
  const byId = new Map(changed.map((run) => [run.run_id, run]));
  if (!page.data.some((run) => byId.has(run.run_id))) return page;
  return { ...page, data: page.data.map((run) => byId.get(run.run_id) ?? run) };
}

/** The ids among `changed` that belong on this first page and are not on it: news, to be counted. */
export function unreadIds(page: RunPage, changed: readonly RunSummaryDto[]): string[] {
  const shown = new Set(page.data.map((run) => run.run_id));
  const last = page.data.at(-1)?.run_id;
  // Ids are UUIDv7, so they sort by time; what is older than the last row of a full page belongs on a later page.
  const belongs = (id: string) => page.next_cursor === null || last === undefined || id > last;
  return changed.map((run) => run.run_id).filter((id) => !shown.has(id) && belongs(id));
}
