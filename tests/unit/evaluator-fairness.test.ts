/** Who waits for whom in the evaluator pool: what one version does is not laid to others that have done nothing. */
import { expect, test } from "vitest";
import { createApartQueue } from "../../lib/worker/evaluator-apart-queue.ts";
import type { Entry, Step } from "../../lib/worker/evaluator-entry.ts";
import { createReputation } from "../../lib/worker/evaluator-reputation.ts";

const STALL_MS = 250;
const QUICK = { ms: 5, bodyChars: 100 };

function reputationAt() {
  const clock = { ms: 1_000_000 };
  return { clock, reputation: createReputation(STALL_MS, () => clock.ms) };
}

test("a version that has finished runs stays among everyone's, however many new ones of its organization stall", () => {
  const { clock, reputation } = reputationAt();
  reputation.finished("old", 8, QUICK);
  for (let n = 0; n < 20; n += 1, clock.ms += 1_000) {
    reputation.stalled("org", `looping ${n}`);
    expect(reputation.isApart("org", `looping ${n}`)).toBe(true);
    expect(reputation.isApart("org", "old")).toBe(false);
    expect(reputation.isApart("org", "new")).toBe(true);
    expect(reputation.isApart("other", "new")).toBe(false);
  }
});

test("nor does one that stalls again and again after it had finished runs set the others apart", () => {
  const { clock, reputation } = reputationAt();
  reputation.finished("old", 8, QUICK);
  for (let n = 0; n < 10; n += 1, clock.ms += 60_000) {
    reputation.finished("unsteady", 8, QUICK);
    reputation.stalled("org", "unsteady");
    expect(reputation.isApart("org", "unsteady")).toBe(true);
    expect(reputation.isApart("org", "old")).toBe(false);
  }
});

test("an organization that earns the trust of many versions only to stall is set apart whole, for a time", () => {
  const { clock, reputation } = reputationAt();
  const versions = ["a", "b", "c", "d"];
  for (const version of versions) reputation.finished(version, 8, QUICK);
  for (const version of ["a", "b", "c"]) reputation.stalled("org", version);
  expect(reputation.isApart("org", "d")).toBe(true);
  expect(reputation.isApart("other", "e")).toBe(false);
  clock.ms += 3_600_000;
  expect(reputation.isApart("org", "d")).toBe(false);
});

test("a new version of an organization that has just stalled is tried apart once, and then is among everyone's", () => {
  const { reputation } = reputationAt();
  reputation.stalled("org", "looping");
  expect(reputation.isApart("org", "new")).toBe(true);
  reputation.finishedApart("new", 20);
  expect(reputation.isApart("org", "new")).toBe(false);
  reputation.finishedApart("slow", 5_000);
  expect(reputation.isApart("org", "slow")).toBe(true);
});

let lastRun = 0;

function entryOf(versionId: string, environmentId: string, step: Step = "leash", orgId = "org"): Entry {
  const item = {
    runId: `run-${(lastRun += 1)}`,
    orgId,
    environmentId,
    versionId,
    type: "entity_analysis",
    timeoutMs: 10_000,
    payload: "{}",
    loadConfig: () => Promise.resolve("{}"),
  } as const;
  const state = { needsNewChild: false, traced: false, untraceable: false, waitingSince: 0 };
  return { item, config: "{}", step, ...state, settle: () => {} };
}

function queueOf(...suspects: string[]) {
  return createApartQueue({ perOrg: 2, long: 5, isSuspect: (versionId) => suspects.includes(versionId) });
}

const version = (entry: Entry | undefined) => entry?.item.versionId;

test("versions that did not end come after those of which nothing is known, whatever their environment and however early they came", () => {
  const queue = queueOf("looping 1", "looping 2");
  for (const entry of [entryOf("looping 1", "dev"), entryOf("looping 2", "dev"), entryOf("looping 1", "dev")])
    queue.add(entry);
  queue.add(entryOf("steady", "live"));
  expect(version(queue.next())).toBe("steady");
  queue.add(entryOf("new", "live"));
  expect(version(queue.next())).toBe("new");
});

test("one that goes on for long has one place of the two at most, and gets it even while new ones come without end", () => {
  const queue = queueOf("looping 1", "looping 2");
  queue.add(entryOf("looping 1", "live", "alone"));
  queue.add(entryOf("looping 2", "live", "alone"));
  for (let n = 0; n < 4; n += 1) queue.add(entryOf(`new ${n}`, "live"));
  const first = queue.next()!;
  expect(version(first)).toBe("new 0");
  expect(version(queue.next())).toBe("looping 1");
  for (let n = 1, running = first; n < 4; n += 1) {
    expect(queue.next()).toBeUndefined();
    queue.stopped(running, false);
    running = queue.next()!;
    expect(version(running)).toBe(`new ${n}`);
  }
});
