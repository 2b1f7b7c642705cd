/** What a worker holds leaves room for those who hold nothing. */
import { expect, test } from "vitest";
import { newId } from "../../lib/ids.ts";
import { createHeldRuns, type HeldRun } from "../../lib/worker/held-runs.ts";

const MEBIBYTE = 1 << 20;

function run(orgId: string, inputBytes: number): HeldRun {
  return { runId: newId(), leaseId: newId(), orgId, environmentId: newId(), inputBytes, leasedAtMs: 0 };
}

/** Holds runs of an organization as long as there is room for it. */
function fill(held: ReturnType<typeof createHeldRuns>, orgId: string, inputBytes: number): number {
  let count = 0;
  for (; held.roomFor(orgId).runs > 0 && held.roomFor(orgId).inputBytes > 0; count++) held.add(run(orgId, inputBytes));
  return count;
}

test("one organization with large inputs comes to half, and another still finds room", () => {
  const held = createHeldRuns({ runs: 4_000, inputBytes: 24 * MEBIBYTE });
  expect(fill(held, "a", MEBIBYTE)).toBe(12);
  expect(held.roomFor("b").inputBytes).toBe(12 * MEBIBYTE);
  expect(fill(held, "b", 500)).toBeGreaterThan(1_000);
});

test("five organizations that hold whatever they may leave room for a sixth, by bytes and by count", () => {
  for (const size of [MEBIBYTE / 4, 1]) {
    const held = createHeldRuns({ runs: 4_000, inputBytes: 24 * MEBIBYTE });
    for (let n = 0; n < 5; n++) expect(fill(held, `org-${n}`, size)).toBeGreaterThan(0);
    const room = held.roomFor("newcomer");
    expect(room.runs).toBeGreaterThan(0);
    expect(room.inputBytes).toBeGreaterThan(0);
  }
});

test("what ends makes room again, counted once", () => {
  const held = createHeldRuns({ runs: 8, inputBytes: 8 });
  const runs = [run("a", 2), run("a", 2)];
  for (const one of runs) held.add(one);
  expect(held.roomFor("a")).toEqual({ runs: 4, inputBytes: 0 });
  held.remove(runs[0]!);
  held.remove(runs[0]!);
  held.removeLease(runs[1]!);
  expect(held.roomFor("a")).toEqual({ runs: 8, inputBytes: 8 });
  expect(held.count()).toBe(0);
});
