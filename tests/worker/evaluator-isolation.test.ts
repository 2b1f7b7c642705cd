/** Runs that loop, crash or eat memory fail alone, in child processes that have nothing of ours. */
import { execFile, spawnSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { readUsage } from "../../lib/engines/evaluate-process.ts";
import type { Entry } from "../../lib/worker/evaluator-entry.ts";
import { createLane, type Used } from "../../lib/worker/evaluator-lane.ts";
import { until } from "../fixtures/processes.ts";
import { expressionGraph, functionGraph, memoryEatingGraph, neverEndingGraph } from "../fixtures/graphs.ts";
import {
  bodyOf,
  childrenOf,
  doublingGraph,
  ENTRY,
  evaluateAll,
  evaluateOne,
  loopingGraph,
  makeItem,
  makePool,
  versionOf,
} from "./evaluator-harness.ts";

const onLinux = process.platform === "linux";
const maySeparate =
  onLinux &&
  [["--net"], ["--user", "--net"]].some((flags) => spawnSync("unshare", [...flags, "--", "/bin/true"]).status === 0);

describe("a run that does not end", () => {
  it.each([
    ["loops in an expression", loopingGraph()],
    ["waits for ever in a function", neverEndingGraph()],
    ["loops through promises", functionGraph("export const handler = async () => { for (;;) await null; };")],
    [
      "waits for ever while its module loads",
      functionGraph("await new Promise(() => {}); export const handler = () => ({});"),
    ],
  ])("and %s is FAILED engine_timeout", async (_, graph) => {
    const pool = makePool();
    const outcome = await evaluateOne(pool, makeItem(graph, { timeoutMs: 300 }));
    expect(outcome).toMatchObject({ kind: "timeout", result: { status: "FAILED", errorCode: "engine_timeout" } });
    expect(bodyOf(outcome).error!.message).toContain("300 ms");
  });

  it("and loops in a function is stopped by the engine, which names the node", async () => {
    const outcome = await evaluateOne(
      makePool(),
      makeItem(functionGraph("export const handler = () => { for (;;); };")),
    );
    expect(outcome).toMatchObject({ kind: "finished", result: { errorCode: "engine_error" } });
    expect(bodyOf(outcome).error!.message).toBe('Node "Function": the function ran longer than 1000 ms');
  });

  it("is found out as well when the pool has been at rest", async () => {
    const pool = makePool();
    const graph = doublingGraph();
    const started = vi.spyOn(globalThis, "setInterval");
    const cleared = vi.spyOn(globalThis, "clearInterval");
    await evaluateOne(pool, makeItem(graph, { input: { x: 1 } }));
    const watchers = started.mock.results.map((result) => result.value as unknown);
    expect(watchers).not.toEqual([]);
    await until("the watch over the children to rest", () =>
      watchers.every((watcher) => cleared.mock.calls.some(([timer]) => timer === watcher)),
    );
    const outcome = await evaluateOne(pool, makeItem(graph, { input: { hang: true }, timeoutMs: 300 }));
    expect(outcome.kind).toBe("timeout");
  });

  it("costs the other runs of its batch nothing: they end while it does not", async () => {
    const pool = makePool();
    const graph = doublingGraph();
    const items = Array.from({ length: 60 }, (_, x) =>
      makeItem(graph, { input: { x, hang: x === 17 }, timeoutMs: 600_000 }),
    );
    const outcomes = new Map<string, unknown>();
    const held = pool.evaluate(items, ({ runId, outcome }) => void outcomes.set(runId, outcome));
    await until("the others to end", () => outcomes.size === 59);
    const guilty = items[17]!.runId;
    expect(outcomes.has(guilty)).toBe(false);
    for (const outcome of outcomes.values()) {
      expect(outcome).toMatchObject({ kind: "finished", result: { status: "COMPLETED" } });
    }
    await pool.close();
    await held;
    expect(outcomes.get(guilty)).toEqual({ kind: "returned", reason: "closing" });
  });
});

describe("organizations", () => {
  it("are not held up by three others whose runs loop", async () => {
    const pool = makePool();
    const hostile = ["a", "b", "c"].flatMap((orgId) => {
      const graph = loopingGraph();
      return Array.from({ length: 5 }, () => makeItem(graph, { orgId, timeoutMs: 600_000 }));
    });
    const held = evaluateAll(pool, hostile);
    await until(
      "all three to have a run in a child of its own",
      () => pool.stats().busy >= 3 && pool.stats().killed >= 3,
    );
    const quick = doublingGraph();
    for (let round = 0; round < 3; round += 1) {
      const items = Array.from({ length: 50 }, (_, x) => makeItem(quick, { input: { x }, orgId: "fourth" }));
      const outcomes = await evaluateAll(pool, items);
      expect(outcomes.every((outcome) => outcome.kind === "finished")).toBe(true);
    }
    // None of those that loop had ended meanwhile.
    await pool.close();
    expect(new Set((await held).map((outcome) => outcome.kind))).toEqual(new Set(["returned"]));
  });

  it("keep their other engines when one of theirs loops", async () => {
    const pool = makePool();
    const looping = loopingGraph();
    const held = evaluateAll(
      pool,
      Array.from({ length: 4 }, () => makeItem(looping, { timeoutMs: 600_000 })),
    );
    await until("a looping run to have a child of its own", () => pool.stats().killed > 0 && pool.stats().busy > 0);
    const outcomes = await evaluateAll(
      pool,
      Array.from({ length: 30 }, (_, x) => makeItem(doublingGraph(), { input: { x } })),
    );
    expect(outcomes.every((outcome) => outcome.kind === "finished")).toBe(true);
    await pool.close();
    await held;
  });

  it.each([
    ["loop", loopingGraph],
    ["eat memory", () => expressionGraph({ x: "map([0..3000], map([0..3000], map([0..3000], #)))" })],
  ])("keep their other engines, old and new, when many of theirs %s", async (_, misbehaving) => {
    const pool = makePool();
    const old = doublingGraph();
    const olds = () => Array.from({ length: 5 }, (_, x) => makeItem(old, { input: { x } }));
    await evaluateAll(pool, olds());
    const graphs = Array.from({ length: 8 }, misbehaving);
    // More of each than could end while the others do.
    const hostile = graphs.flatMap((graph) =>
      Array.from({ length: 40 }, () => makeItem(graph, { timeoutMs: 600_000 })),
    );
    const open = new Set(hostile.map(({ runId }) => runId));
    const held = pool.evaluate(hostile, ({ runId, outcome }) => {
      if (outcome.kind !== "returned") open.delete(runId);
    });
    await until("one of them to have ended a child", () => pool.stats().killed > 0);
    for (let round = 0; round < 3; round += 1) {
      const outcomes = await evaluateAll(pool, [...olds(), makeItem(doublingGraph(), { input: { x: 1 } })]);
      expect(outcomes.every((outcome) => outcome.kind === "finished")).toBe(true);
    }
    // Those that misbehave are far from done.
    expect(open.size).toBeGreaterThan(hostile.length / 2);
    await pool.close();
    await held;
  });

  it("get back, and are told not to claim, what would only wait for a run that loops", async () => {
    const pool = makePool({ holdMs: 200 });
    const looping = loopingGraph();
    const items = Array.from({ length: 8 }, () => makeItem(looping, { timeoutMs: 600_000, environmentId: "dev" }));
    const returned: string[] = [];
    const held = pool.evaluate(items, ({ runId, outcome }) => {
      if (outcome.kind === "returned" && outcome.reason === "held_up") returned.push(runId);
    });
    await until("seven to be returned", () => returned.length === 7);
    await until("the eighth to be evaluated", () => pool.stats().busy === 1);
    expect(pool.blockedVersions("org", "dev")).toEqual([versionOf(looping)]);
    expect(pool.blockedVersions("org", "live")).toEqual([]);
    expect(pool.blockedVersions("other", "dev")).toEqual([]);
    await pool.close();
    await held;
  });
});

describe("a run that ends its process", () => {
  it.each([
    [
      "with an answer that contains itself",
      functionGraph("export const handler = () => { const a = {}; a.a = a; return a; };"),
    ],
    ["with a number of too many digits", expressionGraph({ x: "10000000000 * 10000000000000" })],
  ])("%s is FAILED engine_crashed, and the rest of its batch is evaluated", async (_, graph) => {
    const pool = makePool();
    const fine = doublingGraph();
    const items = [
      makeItem(graph),
      ...Array.from({ length: 5 }, (_, x) => makeItem(fine, { input: { x } })),
      makeItem(graph),
    ];
    const outcomes = await evaluateAll(pool, items);
    for (const outcome of [outcomes[0]!, outcomes[6]!]) {
      expect(outcome).toMatchObject({ kind: "crashed", result: { status: "FAILED", errorCode: "engine_crashed" } });
      expect(bodyOf(outcome).error!.message).not.toMatch(/\/|node_modules/);
    }
    expect(outcomes.slice(1, 6).every((outcome) => outcome.kind === "finished")).toBe(true);
  });
});

describe("a run that eats memory", () => {
  it.each([
    ["in one piece", memoryEatingGraph()],
    ["bit by bit, in an expression", expressionGraph({ x: "len(map([1..4000000], { a: #, b: string(#) }))" })],
    [
      "bit by bit, in a function",
      functionGraph(
        "export const handler = () => { const all = []; for (;;) all.push(new Float64Array(100_000).fill(1.5)); };",
      ),
    ],
  ])("%s is FAILED engine_memory, and the rest of its batch is evaluated", async (_, graph) => {
    const pool = makePool();
    const fine = doublingGraph();
    const items = [makeItem(fine, { input: { x: 1 } }), makeItem(graph), makeItem(fine, { input: { x: 2 } })];
    const outcomes = await evaluateAll(pool, items);
    expect(outcomes[1]).toMatchObject({ kind: "memory", result: { status: "FAILED", errorCode: "engine_memory" } });
    expect(outcomes[0]!.kind).toBe("finished");
    expect(outcomes[2]!.kind).toBe("finished");
  });

  it("for its answer is FAILED engine_output_too_large", async () => {
    const large = functionGraph('export const handler = () => ({ text: "x".repeat(9 * 1024 * 1024) });');
    const outcome = await evaluateOne(makePool(), makeItem(large));
    expect(outcome).toMatchObject({ kind: "finished", result: { errorCode: "engine_output_too_large" } });
  });
});

describe("a child", () => {
  it.each([
    [
      "ran out",
      functionGraph("export const handler = () => { const a = []; for (;;) a.push(new Array(1e5).fill(a)); };"),
      true,
    ],
    ["did not run out", doublingGraph(), false],
  ])("says that memory %s in it, so that its version does not pass for harmless", async (_, graph, ranOut) => {
    const item = makeItem(graph, { input: { x: 1 } });
    const flags = { needsNewChild: false, traced: false, untraceable: true, waitingSince: 0 };
    const entry: Entry = { item, config: await item.loadConfig(), step: "leash", ...flags, settle: () => {} };
    const { promise: used, resolve } = Promise.withResolvers<Used>();
    const lane = createLane({
      kind: "apart",
      entry: ENTRY,
      memoryLimitBytes: 256 * 1024 * 1024,
      events: {
        ready: (one) => one.run([entry], 1024 * 1024),
        ended: () => {},
        deferred: () => {},
        idle: (_lane, _entries, what) => resolve(what),
        died: () => {},
      },
    });
    expect((await used).ranOutOfMemory).toBe(ranOut);
    lane.kill("unneeded");
  });
});

describe.runIf(onLinux)("child processes", () => {
  it("have none of our environment", async () => {
    process.env.NEXIO_TEST_SECRET = "whsec_do_not_tell";
    const pool = makePool();
    await evaluateOne(pool, makeItem(doublingGraph()));
    const child = childrenOf(process.pid).find((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("evaluator-child"),
    );
    const names = readFileSync(`/proc/${child!}/environ`, "utf8")
      .split("\0")
      .filter(Boolean)
      .map((line) => line.split("=")[0]!);
    expect(names.filter((name) => !name.startsWith("NODE_CHANNEL_")).sort()).toEqual(["MALLOC_ARENA_MAX", "PWD", "TZ"]);
    delete process.env.NEXIO_TEST_SECRET;
  });

  it.runIf(maySeparate)("have a network of their own, in which nothing is", async () => {
    const pool = makePool();
    await evaluateOne(pool, makeItem(doublingGraph()));
    const children = childrenOf(process.pid).filter((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("evaluator-child"),
    );
    expect(children.length).toBeGreaterThan(0);
    for (const pid of children) {
      const lines = readFileSync(`/proc/${pid}/net/dev`, "utf8").trim().split("\n").slice(2);
      expect(lines.map((line) => line.trim().split(":")[0])).toEqual(["lo"]);
      expect(readFileSync(`/proc/${pid}/net/route`, "utf8").trim().split("\n")).toHaveLength(1);
      expect(readlinkSync(`/proc/${pid}/ns/net`)).not.toBe(readlinkSync("/proc/self/ns/net"));
    }
  });

  it("end when their parent is killed, even while a run loops", async () => {
    const program = `
      import { createEvaluatorPool } from ${JSON.stringify(join(import.meta.dirname, "../../lib/worker/evaluator-pool.ts"))};
      const item = ${JSON.stringify({ ...makeItem(loopingGraph(), { timeoutMs: 60_000 }) })};
      item.loadConfig = async () => ${JSON.stringify(JSON.stringify(loopingGraph()))};
      createEvaluatorPool().evaluate([item], () => {});`;
    const parent = execFile(process.execPath, ["--no-warnings", "--input-type=module", "--eval", program]);
    const children = await until("a child to loop", () => {
      const found = childrenOf(parent.pid!);
      return found.some((pid) => (readUsage(pid)?.cpuMs ?? 0) > 300) ? found : undefined;
    });
    parent.kill("SIGKILL");
    await until("the children to end", () => children.every((pid) => !isAlive(pid)));
  });

  it("that are not needed any more end by themselves, and one stays", async () => {
    const pool = makePool({ idleMs: 100 });
    const graph = doublingGraph();
    await evaluateAll(pool, [
      makeItem(graph, { input: { x: 1 } }),
      makeItem(graph, { input: { hang: true }, timeoutMs: 200 }),
    ]);
    await evaluateOne(pool, makeItem(doublingGraph(), { orgId: "other" }));
    await until("the spare children to end", () => pool.stats().children === 1);
  });
});

function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}
