/** News of runs: rows change in place, never move, and what is new is counted once and only where it belongs. */
import { describe, expect, it } from "vitest";
import { matchesFilters, mergeChanges, unreadIds } from "../../components/runs/merge-runs.ts";
import type { RunPage, RunSummaryDto } from "../../lib/runs/schema.ts";

const NOW = Date.parse("2026-11-21T10:00:00.000Z");
const NO_FILTERS = { status: [], engine: null, version: null, created: null, tag: null, id: null };

function run(number: number, part: Partial<RunSummaryDto> = {}): RunSummaryDto {
  return {
    run_id: `00000000-0000-7000-8000-${String(number).padStart(12, "0")}`,
    status: "PENDING",
    environment: "live",
    environment_id: "00000000-0000-7000-8000-000000000000",
    engine: "loan-placement",
    engine_version: "1.3",
    created_at: new Date(NOW - 60_000).toISOString(),
    source: "api",
    ...part,
  };
}

const page = (numbers: number[], next_cursor: string | null = null): RunPage => ({
  data: numbers.map((number) => run(number)),
  next_cursor,
});

describe("mergeChanges", () => {
  it("replaces rows where they stand, and neither adds nor moves one", () => {
    const merged = mergeChanges(page([9, 8, 7]), [run(10), run(8, { status: "COMPLETED" })]);
    expect(merged.data.map(({ run_id, status }) => [run_id.slice(-1), status])).toEqual([
      ["9", "PENDING"],
      ["8", "COMPLETED"],
      ["7", "PENDING"],
    ]);
  });

  it("is the same page when nothing on it changed", () => {
    const before = page([9, 8]);
    expect(mergeChanges(before, [run(10)])).toBe(before);
  });
});

describe("unreadIds", () => {
  it("counts what is new, and not what is on the page", () => {
    expect(unreadIds(page([9, 8]), [run(10), run(9), run(8)])).toEqual([run(10).run_id]);
  });

  it("counts a run that comes to match later than its neighbours", () => {
    expect(unreadIds(page([9, 7], "next"), [run(8)])).toEqual([run(8).run_id]);
  });

  it("does not count what belongs on a later page", () => {
    expect(unreadIds(page([9, 8], "next"), [run(3)])).toEqual([]);
    expect(unreadIds(page([9, 8]), [run(3)])).toEqual([run(3).run_id]);
  });
});

describe("matchesFilters", () => {
  it.each([
    [{}, true],
    [{ status: ["PENDING", "RUNNING"] as const }, true],
    [{ status: ["FAILED"] as const }, false],
    [{ engine: "loan-placement" }, true],
    [{ engine: "loan" }, false],
    [{ version: "1.3" }, true],
    [{ version: "1.x" }, true],
    [{ version: "1.30" }, false],
    [{ version: "2.x" }, false],
    [{ created: "1h" }, true],
    [{ created: "2026-11-21..2026-11-21" }, true],
    [{ created: "2026-11-20..2026-11-20" }, false],
  ])("%o: %s", (filters, expected) => {
    expect(matchesFilters(run(1), { ...NO_FILTERS, ...filters }, NOW)).toBe(expected);
  });

  it("tells major 1 from major 10", () => {
    expect(matchesFilters(run(1, { engine_version: "10.1" }), { ...NO_FILTERS, version: "1.x" }, NOW)).toBe(false);
  });
});
