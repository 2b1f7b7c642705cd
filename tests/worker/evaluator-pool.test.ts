/** What the evaluator pool promises to whoever gives it runs. Real child processes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readUsage } from "../../lib/engines/evaluate-process.ts";
import { until } from "../fixtures/processes.ts";
import { expressionGraph, functionGraph, passThroughGraph, throwingGraph } from "../fixtures/graphs.ts";
import {
  bodyOf,
  childrenOf,
  doublingGraph,
  evaluateAll,
  evaluateOne,
  makeItem,
  makePool,
  versionOf,
} from "./evaluator-harness.ts";

describe("results", () => {
  it("come once for each run, ready to store, whatever organizations and versions are mixed", async () => {
    const pool = makePool({ stallMs: 60_000 });
    const double = doublingGraph();
    const triple = expressionGraph({ y: "x * 3" });
    const items = Array.from({ length: 500 }, (_, x) =>
      makeItem(x % 3 === 0 ? triple : double, { input: { x }, orgId: `org-${x % 7}` }),
    );
    const outcomes = await evaluateAll(pool, items);
    for (const [x, outcome] of outcomes.entries()) {
      expect(outcome).toMatchObject({ kind: "finished", result: { status: "COMPLETED", summary: "no findings" } });
      expect(bodyOf(outcome)).toEqual({ output: { y: x % 3 === 0 ? x * 3 : x * 2, findings: [] } });
    }
    expect(pool.stats()).toMatchObject({ items: 0, waiting: 0, apart: 0, killed: 0, evaluated: 500, children: 1 });
  });

  it("of a placement are ranked solutions, from the request's offerings or else the config's own", async () => {
    const pool = makePool();
    const graph = {
      ...expressionGraph({
        eligible: "input.amount <= offering.max",
        score: "offering.max - input.amount",
        reasons: 'input.amount <= offering.max ? ["fits"] : ["too much"]',
      }),
      offerings: [{ id: "own", name: "Own", max: 100 }],
    };
    const offerings = [
      { id: "s", max: 10 },
      { id: "m", max: 100 },
      { id: "l", max: 1_000 },
    ];
    const input = { amount: 50 };
    const [asked, own] = await evaluateAll(pool, [
      makeItem(graph, { type: "placement", input, offerings }),
      makeItem(graph, { type: "placement", input }),
    ]);
    expect(asked).toMatchObject({ result: { status: "COMPLETED", summary: "2 solutions" } });
    expect(bodyOf(asked!).solutions).toMatchObject([
      { rank: 1, offering_id: "l", score: 950, reasons: ["fits"] },
      { rank: 2, offering_id: "m", score: 50 },
    ]);
    expect(bodyOf(asked!).output).toMatchObject({ ineligible: [{ offering_id: "s", reasons: ["too much"] }] });
    expect(bodyOf(own!).solutions).toMatchObject([{ rank: 1, offering_id: "own", offering_name: "Own", score: 50 }]);
  });

  it("are DEGRADED when the graph fails on some offerings, and say on which and in which node", async () => {
    const graph = expressionGraph({ eligible: "true", score: "offering.max * 1" });
    const offerings = [
      { id: "good", max: 1 },
      { id: "bad", name: "Bad", max: "x" },
    ];
    const outcome = await evaluateOne(makePool(), makeItem(graph, { type: "placement", offerings }));
    expect(outcome).toMatchObject({ kind: "finished", result: { status: "DEGRADED", summary: "1 of 2 failed" } });
    expect(outcome).toHaveProperty(
      "result.degradationReason",
      expect.stringMatching(/^1 of 2 offerings could not be evaluated: Bad \(Node "Expressions": /),
    );
    expect(bodyOf(outcome).output).toMatchObject({
      failed: [{ offering_id: "bad", error: { details: { node_id: "expr", node_name: "Expressions" } } }],
    });
  });

  it("name the node that threw, and what it threw", async () => {
    const outcome = await evaluateOne(makePool(), makeItem(throwingGraph()));
    expect(outcome).toMatchObject({ kind: "finished", result: { status: "FAILED", errorCode: "engine_error" } });
    expect(bodyOf(outcome).error).toEqual({
      code: "engine_error",
      message: 'Node "Function": thrown on purpose',
      details: { node_id: "fn", node_name: "Function" },
    });
  });

  it("are errors that name the field for input that the engine cannot calculate with", async () => {
    const outcome = await evaluateOne(makePool(), makeItem(passThroughGraph(), { input: { deep: [{ n: 1e25 }] } }));
    expect(bodyOf(outcome).error).toMatchObject({ code: "engine_error", details: { path: "input.deep[0].n" } });
  });

  it("are errors when the config cannot be loaded as a graph", async () => {
    const pool = makePool();
    const broken = { nodes: [{ id: "x", type: "nonsense", name: "x" }], edges: [] };
    const [one, other] = await evaluateAll(pool, [makeItem(broken), makeItem([])]);
    expect(bodyOf(one!).error!.message).toContain("config cannot be loaded: unknown variant `nonsense`");
    expect(bodyOf(other!).error!.message).toContain("config cannot be loaded");
    expect(pool.stats().killed).toBe(0);
  });
});

describe("configs", () => {
  it("are asked for once a version, however many runs there are", async () => {
    const pool = makePool();
    const graph = doublingGraph();
    let asked = 0;
    const loadConfig = () => {
      asked += 1;
      return Promise.resolve(JSON.stringify(graph));
    };
    for (let batch = 0; batch < 3; batch += 1) {
      await evaluateAll(
        pool,
        Array.from({ length: 50 }, () => makeItem(graph, { input: { x: 1 }, loadConfig })),
      );
    }
    expect(asked).toBe(1);
  });

  it("that cannot be loaded give their runs back, and only theirs", async () => {
    const pool = makePool();
    const missing = makeItem(doublingGraph(), { loadConfig: () => Promise.reject(new Error("database away")) });
    const fine = makeItem(doublingGraph(), { input: { x: 2 } });
    const outcomes = await evaluateAll(pool, [missing, fine]);
    expect(outcomes[0]).toEqual({ kind: "returned", reason: "no_config" });
    expect(bodyOf(outcomes[1]!).output).toMatchObject({ y: 4 });
  });

  it("come again when a child has dropped them for others", async () => {
    const pool = makePool();
    const filler = "x".repeat(900_000);
    const graphs = Array.from({ length: 4 }, (_, n) => ({ ...expressionGraph({ n: `${n}` }), filler }));
    for (let round = 0; round < 2; round += 1) {
      const outcomes = await evaluateAll(
        pool,
        graphs.map((graph) => makeItem(graph)),
      );
      expect(outcomes.map((outcome) => bodyOf(outcome).output!.n)).toEqual([0, 1, 2, 3]);
    }
  });
});

describe("capacity", () => {
  it("counts an organization's own runs, and grows again as they end", async () => {
    const pool = makePool({ maxItemsPerOrg: 100 });
    const items = Array.from({ length: 60 }, () => makeItem(doublingGraph(), { input: { x: 1 }, orgId: "busy" }));
    let grew = 0;
    const stop = pool.onCapacity(() => {
      grew += 1;
    });
    const done = evaluateAll(pool, items);
    expect(pool.capacityFor("busy")).toBe(40);
    expect(pool.capacityFor("other")).toBe(100);
    await done;
    expect(pool.capacityFor("busy")).toBe(100);
    await until("the listener to be told", () => grew > 0);
    const before = grew;
    stop();
    await evaluateAll(pool, [makeItem(doublingGraph())]);
    await new Promise(setImmediate);
    expect(grew).toBe(before);
  });
});

describe("large answers", () => {
  it("come a few at a time, all of them", async () => {
    const pool = makePool();
    const large = functionGraph('export const handler = ({ n }) => ({ n, text: "x".repeat(3 * 1024 * 1024) });');
    const outcomes = await evaluateAll(
      pool,
      Array.from({ length: 12 }, (_, n) => makeItem(large, { input: { n } })),
    );
    expect(outcomes.map((outcome) => bodyOf(outcome).output!.n)).toEqual(Array.from({ length: 12 }, (_, n) => n));
  });

  it("wait until there is room for them", async () => {
    let mayEvaluate = false;
    let asked = 0;
    const pool = makePool({
      mayEvaluate: () => {
        asked += 1;
        return mayEvaluate;
      },
    });
    const outcome = evaluateOne(pool, makeItem(doublingGraph(), { input: { x: 1 } }));
    await until("the pool to ask again and again", () => asked > 3);
    expect(pool.stats()).toMatchObject({ items: 1, waiting: 1, busy: 0 });
    mayEvaluate = true;
    expect((await outcome).kind).toBe("finished");
  });
});

const isEvaluator = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("evaluator-child");

/** Blocks this process until the child has worked and has nothing to do any more: for half a second at least, and never for ever. */
function blockWhileBusy(pid: number, usedBefore: number): void {
  const [leastAt, mostAt] = [performance.now() + 500, performance.now() + 10_000];
  const isAsleep = () => / S /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  const isDone = () => readUsage(pid)!.cpuMs > usedBefore && isAsleep();
  while (performance.now() < leastAt || (performance.now() < mostAt && !isDone()));
}

describe.runIf(process.platform === "linux")("a loop that was busy", () => {
  it("judges nobody by results that wait unread, also when more runs come before they are read", async () => {
    const pool = makePool({ stallMs: 50 });
    const busy = functionGraph(
      "export const handler = ({ ms }) => { const end = Date.now() + ms; while (Date.now() < end); return { ms }; };",
    );
    await evaluateOne(pool, makeItem(busy, { input: { ms: 0 } }));
    const child = childrenOf(process.pid).find(isEvaluator);
    const usedBefore = readUsage(child!)!.cpuMs;
    const first = evaluateOne(pool, makeItem(busy, { input: { ms: 150 } }));
    await new Promise(setImmediate); // it is with the child now
    blockWhileBusy(child!, usedBefore);
    const second = evaluateOne(pool, makeItem(busy, { input: { ms: 0 } }));
    expect((await Promise.all([first, second])).map(({ kind }) => kind)).toEqual(["finished", "finished"]);
    expect(pool.stats().killed).toBe(0);
  });
});

describe("a pool that closes", () => {
  it("returns what runs and what waits, takes nothing more, and leaves no process", async () => {
    const pool = makePool();
    const graph = doublingGraph();
    const items = [makeItem(graph, { input: { hang: true } }), makeItem(graph, { input: { hang: true } })];
    const outcomes = evaluateAll(pool, items);
    await until("a child to be busy", () => pool.stats().busy > 0);
    await pool.close();
    expect(await outcomes).toEqual([
      { kind: "returned", reason: "closing" },
      { kind: "returned", reason: "closing" },
    ]);
    expect(pool.stats()).toMatchObject({ children: 0, items: 0 });
    expect(pool.capacityFor("org")).toBe(0);
    expect(await evaluateOne(pool, makeItem(graph))).toEqual({ kind: "returned", reason: "closing" });
  });

  it("lets what runs end within the grace, and waits no longer than needed", async () => {
    const pool = makePool();
    const done = evaluateAll(
      pool,
      Array.from({ length: 300 }, () => makeItem(doublingGraph(), { input: { x: 1 } })),
    );
    await pool.close(60_000);
    expect((await done).every((outcome) => outcome.kind === "finished")).toBe(true);
  });
});

describe("children that cannot be started", () => {
  it.each([
    ["end at once", "/nonexistent/evaluator.mjs"],
    ["are never ready", join(import.meta.dirname, "../fixtures/never-ready.ts")],
  ])("because they %s give the runs back instead of keeping them for ever", async (_, entry) => {
    const troubles: string[] = [];
    const pool = makePool({ entry, bootMs: 200, onTrouble: ({ message }) => troubles.push(message) });
    expect(await evaluateOne(pool, makeItem(doublingGraph()))).toEqual({ kind: "returned", reason: "no_child" });
    expect(troubles).toContain("an evaluator child could not be started");
  });
});

describe("a version that was set apart", () => {
  it("is evaluated with everyone's again when its runs are quick", async () => {
    const pool = makePool({ stallMs: 60 });
    const slow = functionGraph(
      "export const handler = async ({ ms }) => { const end = Date.now() + ms; while (Date.now() < end); return { ms }; };",
    );
    const outcomes = await evaluateAll(
      pool,
      [150, 0, 0].map((ms) => makeItem(slow, { input: { ms } })),
    );
    expect(outcomes.map((outcome) => bodyOf(outcome).output!.ms)).toEqual([150, 0, 0]);
    expect(pool.blockedVersions("org", "live")).not.toContain(versionOf(slow));
  });
});
