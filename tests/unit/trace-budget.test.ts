/** Traces are written at a rate: those who send little have all of theirs, and a flood takes nobody else's. */
import { expect, test } from "vitest";
import { createTraceBudget } from "../../lib/worker/trace-budget.ts";

const RATE = 400_000;
const TRACE = 10_000;

function budgetAt() {
  const clock = { ms: 0 };
  const budget = createTraceBudget(RATE, () => clock.ms);
  /** Traces of as many of `runs` as are granted. */
  const trace = (org: string, runs: number): number => {
    const granted = budget.grant(org, `version of ${org}`, runs);
    for (let n = 0; n < granted; n++) budget.spent(org, `version of ${org}`, TRACE);
    return granted;
  };
  return { clock, trace };
}

test("a run a second is traced every time", () => {
  const { clock, trace } = budgetAt();
  for (; clock.ms < 600_000; clock.ms += 1_000) expect(trace("a", 1)).toBe(1);
});

test("a flood is traced at a quarter of the rate, in every second of it", () => {
  const { clock, trace } = budgetAt();
  for (let n = 0; n < 20; n++) trace("a", 200);
  for (let second = 0; second < 20; second++) {
    let traced = 0;
    for (let n = 0; n < 10; n++, clock.ms += 100) traced += trace("a", 100);
    expect(traced).toBeGreaterThan(0);
    expect(traced * TRACE).toBeLessThanOrEqual(RATE / 4 + TRACE);
  }
});

test("a flood of one organization takes no trace of another's", () => {
  const { clock, trace } = budgetAt();
  for (let n = 0; n < 20; n++) trace("a", 200);
  expect(trace("a", 200)).toBe(0);
  expect(trace("b", 1)).toBe(1);
  clock.ms += 500;
  expect(trace("b", 5)).toBe(5);
});

test("floods of all together stay within the rate", () => {
  const { clock, trace } = budgetAt();
  const orgs = Array.from({ length: 50 }, (_, n) => `org ${n}`);
  for (const org of orgs) trace(org, 500);
  let traced = 0;
  for (let second = 0; second < 10; second++, clock.ms += 1_000) for (const org of orgs) traced += trace(org, 500);
  expect(traced * TRACE).toBeLessThanOrEqual(10 * RATE + orgs.length * TRACE);
});

test("a rate of nothing grants nothing", () => {
  const budget = createTraceBudget(0, () => 5);
  expect(budget.grant("a", "v", 10)).toBe(0);
});
