/** Who waits for whom in the evaluator pool: what one version does is not laid to others that have done nothing. */
import { expect, test } from "vitest";
import { createApartQueue } from "../../lib/worker/evaluator-apart-queue.ts";
import type { Entry, Step } from "../../lib/worker/evaluator-entry.ts";
import { createReputation } from "../../lib/worker/evaluator-reputation.ts";

const STALL_MS = 250;
const QUICK = { ms: 5, bodyChars: 100, ranOutOfMemory: false };

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
  reputation.finishedApart("new", { ...QUICK, ms: 20 });
  expect(reputation.isApart("org", "new")).toBe(false);
  reputation.finishedApart("slow", { ...QUICK, ms: 5_000 });
  expect(reputation.isApart("org", "slow")).toBe(true);
});

test("one that ran out of memory has proven nothing, neither apart nor among everyone's", () => {
  const { reputation } = reputationAt();
  reputation.stalled("org", "looping");
  const ranOut = { ...QUICK, ranOutOfMemory: true };
  reputation.finishedApart("eating", ranOut);
  reputation.finished("eating", 8, ranOut);
  expect(reputation.isApart("org", "eating")).toBe(true);
  reputation.failedApart("eating");
  reputation.finishedApart("eating", ranOut);
  expect(reputation.isSuspect("eating")).toBe(true);
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

type Queue = ReturnType<typeof createApartQueue>;

function queueOf(...suspects: string[]): Queue {
  return createApartQueue({ perOrg: 2, long: 5, isSuspect: (versionId) => suspects.includes(versionId) });
}

const version = (entry: Entry | undefined) => entry?.item.versionId;

/** Starts the item whose turn it is. */
function startNext(queue: Queue): Entry | undefined {
  const entry = queue.first();
  if (entry) queue.start(entry);
  return entry;
}

/** The versions of so many turns, each of which has ended before the next begins; `more` is asked for what comes meanwhile. */
function turnsOf(queue: Queue, turns: number, more: (served: Entry) => Entry[]): string[] {
  return Array.from({ length: turns }, () => {
    const entry = startNext(queue)!;
    queue.stopped(entry, false);
    for (const another of more(entry)) queue.add(another);
    return entry.item.versionId;
  });
}

/** As many more as were served, of the same version. */
const again = ({ step, item }: Entry) => [entryOf(item.versionId, item.environmentId, step, item.orgId)];

test("of four turns, three are of versions of which nothing is known, whatever their environment and however early others came", () => {
  const queue = queueOf("looping 1", "looping 2");
  for (const entry of [entryOf("looping 1", "dev"), entryOf("looping 2", "dev"), entryOf("looping 1", "dev")])
    queue.add(entry);
  queue.add(entryOf("steady", "live"));
  const served = turnsOf(queue, 40, again);
  expect(served.slice(0, 3)).toEqual(["steady", "steady", "steady"]);
  expect(served.filter((one) => one === "steady").length).toBe(30);
});

test.each([
  ["in another environment", [["slow", "dev"]], [["stalled", "live"]]],
  ["in the same environment", [["slow", "live"]], [["stalled", "live"]]],
  [
    "in each of two environments",
    [
      ["slow 1", "dev"],
      ["slow 2", "live"],
    ],
    [
      ["stalled 1", "dev"],
      ["stalled 2", "live"],
    ],
  ],
  [
    "in its own and in others",
    [
      ["slow 1", "dev"],
      ["slow 2", "live"],
      ["slow 3", "other"],
    ],
    [
      ["stalled 1", "dev"],
      ["stalled 2", "live"],
      ["stalled 3", "live"],
    ],
  ],
] as [string, [string, string][], [string, string][]][])(
  "one that has stalled is tried again, although others that have not never cease: %s",
  (_, others, stalled) => {
    const queue = queueOf(...stalled.map(([versionId]) => versionId));
    for (const [versionId, environmentId] of [...others, ...stalled]) queue.add(entryOf(versionId, environmentId));
    const served = turnsOf(queue, 48, again);
    for (const [versionId] of [...others, ...stalled]) {
      expect(served.filter((one) => one === versionId).length, versionId).toBeGreaterThanOrEqual(2);
    }
  },
);

test.each<[string, (n: number) => string]>([
  ["in its environment", () => "live"],
  ["in others", (n) => `environment ${n}`],
])("nor do new ones that keep coming %s starve it, nor anybody else", (_, environmentOf) => {
  const queue = queueOf("stalled");
  for (let n = 0; n < 10; n += 1) {
    queue.add(entryOf("steady", "live"));
    queue.add(entryOf("stalled", "live"));
  }
  let n = 0;
  const newOne = () => entryOf(`new ${(n += 1)}`, environmentOf(n));
  queue.add(newOne());
  const served = turnsOf(queue, 60, (entry) => (entry.item.versionId.startsWith("new") ? [newOne()] : again(entry)));
  expect(served.filter((one) => one === "stalled").length).toBeGreaterThan(3);
  expect(served.filter((one) => one === "steady").length).toBeGreaterThan(3);
});

test("organizations take turns, and one that comes again and again does not come before who waits", () => {
  const queue = createApartQueue({ perOrg: 2, long: 5, isSuspect: () => false });
  for (let n = 0; n < 4; n += 1) queue.add(entryOf(`waiting ${n}`, "live", "leash", "waiting"));
  queue.add(entryOf("coming", "live", "leash", "coming"));
  const served = turnsOf(queue, 6, (entry) => (entry.item.orgId === "coming" ? again(entry) : []));
  expect(served.filter((one) => one === "coming").length).toBe(3);
});

test("whoever finds no child keeps the turn", () => {
  const queue = queueOf("stalled");
  queue.add(entryOf("slow", "dev"));
  queue.add(entryOf("stalled", "live"));
  const served = turnsOf(queue, 8, (entry) => {
    for (let n = 0; n < 3; n += 1) queue.first();
    return again(entry);
  });
  expect(served.filter((one) => one === "stalled").length).toBe(2);
});

test("one that goes on for long has one place of the two at most, and gets it even while new ones come without end", () => {
  const queue = queueOf("looping 1", "looping 2");
  queue.add(entryOf("looping 1", "live", "alone"));
  queue.add(entryOf("looping 2", "live", "alone"));
  for (let n = 0; n < 4; n += 1) queue.add(entryOf(`new ${n}`, "live"));
  const first = startNext(queue)!;
  expect(version(first)).toBe("new 0");
  expect(version(startNext(queue))).toBe("looping 1");
  for (let n = 1, running = first; n < 4; n += 1) {
    expect(queue.first()).toBeUndefined();
    queue.stopped(running, false);
    running = startNext(queue)!;
    expect(version(running)).toBe(`new ${n}`);
  }
});

test("the long place goes round the environments, however many quick runs one of them has beside", () => {
  const queue = queueOf("looping 1", "looping 2");
  queue.add(entryOf("quick", "live"));
  queue.add(entryOf("looping 1", "live", "alone"));
  queue.add(entryOf("looping 2", "dev", "alone"));
  const running = [startNext(queue)!, startNext(queue)!];
  const long: string[] = [];
  for (let n = 0; n < 12; n += 1) {
    // The quick one ends thrice while the long one goes on.
    const ending = running.find(({ step }) => (step === "alone") === (n % 4 === 3))!;
    if (ending.step === "alone") long.push(ending.item.versionId);
    queue.stopped(ending, false);
    queue.add(again(ending)[0]!);
    running[running.indexOf(ending)] = startNext(queue)!;
  }
  expect(new Set(long)).toEqual(new Set(["looping 1", "looping 2"]));
});
