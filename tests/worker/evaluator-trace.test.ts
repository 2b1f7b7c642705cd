/** Decision traces: what they hold, that they change nothing, and that what they cost decides about no run. */
import { describe, expect, it } from "vitest";
import { exampleEngines, exampleRequests } from "../../lib/engines/examples/engines.ts";
import { readTrace } from "../../lib/engines/trace-reader.ts";
import type { TraceNode } from "../../lib/engines/trace-schema.ts";
import type { EvaluationItem, EvaluationOutcome, PoolOptions } from "../../lib/worker/evaluator-types.ts";
import { expressionGraph, functionGraph, memoryEatingGraph, throwingGraph } from "../fixtures/graphs.ts";
import { edge, formula, INPUT, OUTPUT } from "./graph-parts.ts";
import { bodyOf, evaluateAll, evaluateOne, makeItem, makePool } from "./evaluator-harness.ts";

const ALL_TRACED: PoolOptions = { traceCharsPerSecond: 1e12 };
const NONE_TRACED: PoolOptions = { traceCharsPerSecond: 0 };

const traceText = (outcome: EvaluationOutcome): string | undefined =>
  outcome.kind === "returned" ? undefined : outcome.result.trace;
const traceOf = (outcome: EvaluationOutcome, graph: object) => readTrace(traceText(outcome)!, graph);
const ids = (nodes: readonly TraceNode[]) => nodes.map((node) => node.node_id);

/** Large loans and small ones go different ways. */
const switching = {
  nodes: [
    INPUT,
    {
      id: "size",
      type: "switchNode",
      name: "Size",
      content: {
        statements: [
          { id: "large", condition: "amount > 100" },
          { id: "small", condition: "" },
        ],
      },
    },
    formula("large", { route: "'large'" }),
    formula("small", { route: "'small'" }),
    OUTPUT,
  ],
  edges: [
    edge("in", "size"),
    edge("size", "large", "large"),
    edge("size", "small", "small"),
    edge("large", "out"),
    edge("small", "out"),
  ],
};

const rules = (hitPolicy: "first" | "collect", cells: string[][]) => ({
  nodes: [
    INPUT,
    {
      id: "table",
      type: "decisionTableNode",
      name: "Table",
      content: {
        hitPolicy,
        inputs: [
          { id: "i1", name: "amount", field: "amount" },
          { id: "i2", name: "any" },
        ],
        outputs: [{ id: "o1", name: "rate", field: "rate" }],
        rules: cells.map(([i1, i2, o1], n) => ({ _id: `r${n}`, i1, i2, o1 })),
      },
    },
    OUTPUT,
  ],
  edges: [edge("in", "table"), edge("table", "out")],
});

/** Each node is given all that the ones before it were. */
describe("a trace", () => {
  it("has every node's input, output and time, in the order of evaluation", async () => {
    const graph = expressionGraph({ twice: "amount * 2" });
    const outcome = await evaluateOne(makePool(ALL_TRACED), makeItem(graph, { input: { amount: 21 } }));
    const [evaluation] = traceOf(outcome, graph).evaluations;
    expect(evaluation!.nodes).toEqual([
      {
        node_id: "input",
        name: "Input",
        type: "inputNode",
        order: 0,
        duration_us: expect.any(Number) as number,
        input: { amount: 21 },
        output: { amount: 21 },
      },
      {
        node_id: "expr",
        name: "Expressions",
        type: "expressionNode",
        order: 1,
        duration_us: expect.any(Number) as number,
        input: { amount: 21 },
        output: { twice: 42 },
        details: { twice: { result: 42 } },
      },
      {
        node_id: "output",
        name: "Output",
        type: "outputNode",
        order: 2,
        duration_us: expect.any(Number) as number,
        input: { twice: 42 },
        output: { twice: 42 },
      },
    ]);
  });

  it("has only the nodes of the way that was taken", async () => {
    const pool = makePool(ALL_TRACED);
    const [large, small] = await evaluateAll(pool, [
      makeItem(switching, { input: { amount: 500 } }),
      makeItem(switching, { input: { amount: 5 } }),
    ]);
    expect(ids(traceOf(large!, switching).evaluations[0]!.nodes)).toEqual(["in", "size", "large", "out"]);
    expect(ids(traceOf(small!, switching).evaluations[0]!.nodes)).toEqual(["in", "size", "small", "out"]);
  });

  it("goes up to the node that failed, and has what it was given", async () => {
    const graph = throwingGraph();
    const outcome = await evaluateOne(makePool(ALL_TRACED), makeItem(graph, { input: { amount: 1 } }));
    expect(outcome).toMatchObject({ kind: "finished", result: { status: "FAILED" } });
    const { nodes } = traceOf(outcome, graph).evaluations[0]!;
    expect(ids(nodes)).toEqual(["input", "fn"]);
    expect(nodes[1]).toMatchObject({ input: { amount: 1 }, output: null });
  });

  it("of a placement has the failed offerings first, then the ranked ones, then the others", async () => {
    const graph = expressionGraph({
      eligible: "offering.kind != 'never'",
      score: "offering.kind == 'bad' ? date(offering.kind) : offering.points",
      reasons: "['because']",
    });
    const offerings = [
      { id: "c", kind: "never", points: 0 },
      { id: "b", kind: "fine", points: 1 },
      { id: "bad", kind: "bad", points: 1 },
      { id: "a", name: "The best", kind: "fine", points: 2 },
    ];
    const outcome = await evaluateOne(makePool(ALL_TRACED), makeItem(graph, { type: "placement", offerings }));
    expect(outcome).toMatchObject({ result: { status: "DEGRADED" } });
    const { evaluations } = traceOf(outcome, graph);
    expect(evaluations.map((one) => [one.offering_id, one.offering_name])).toEqual([
      ["bad", "bad"],
      ["a", "The best"],
      ["b", "b"],
      ["c", "c"],
    ]);
  });

  it("leaves out what would make it too large, from the end, and counts it", async () => {
    const graph = expressionGraph({ eligible: "true", score: "offering.points", reasons: "[]", text: "offering.text" });
    const offerings = Array.from({ length: 40 }, (_, n) => ({ id: `o${n}`, points: n, text: "x".repeat(5_000) }));
    const outcome = await evaluateOne(makePool(ALL_TRACED), makeItem(graph, { type: "placement", offerings }));
    const { evaluations, omitted } = traceOf(outcome, graph);
    expect(traceText(outcome)!.length).toBeLessThan(300_000);
    expect(evaluations.length).toBeGreaterThan(5);
    expect(evaluations.length + omitted!.evaluations).toBe(40);
    expect(evaluations.map((one) => one.offering_id)).toEqual(evaluations.map((_, n) => `o${39 - n}`));
  });

  it("is not there when the budget is spent, and the run is as ever", async () => {
    const outcome = await evaluateOne(makePool(NONE_TRACED), makeItem(expressionGraph({ a: "1" })));
    expect(outcome).toMatchObject({ kind: "finished", result: { status: "COMPLETED" } });
    expect(traceText(outcome)).toBeUndefined();
  });
});

const example = (slug: string, change: (input: Record<string, unknown>) => void = () => {}): EvaluationItem => {
  const { config, type } = exampleEngines.find((engine) => engine.slug === slug)!;
  const request = structuredClone(exampleRequests.get(slug)) as { input: Record<string, unknown> };
  change(request.input);
  return makeItem(config, { type, ...request });
};

/** Evaluates the same with and without tracing; gives how many were traced. */
async function compare(items: readonly (() => EvaluationItem)[]): Promise<number> {
  const [traced, untraced] = [makePool(ALL_TRACED), makePool(NONE_TRACED)];
  const a = await evaluateAll(
    traced,
    items.map((make) => make()),
  );
  const b = await evaluateAll(
    untraced,
    items.map((make) => make()),
  );
  for (const [index, outcome] of a.entries()) {
    const { trace, ...result } = (outcome as { result: Record<string, unknown> }).result;
    expect({ kind: outcome.kind, result }).toEqual(b[index]);
    expect(traceText(b[index]!)).toBeUndefined();
    if (trace !== undefined) readTrace(trace as string, {});
  }
  return a.filter((outcome) => traceText(outcome) !== undefined).length;
}

describe("tracing changes no byte of a result", () => {
  const odd = ["", "> 1", "[1..5]", "'x'", "amount", "$ > 1 and", "date(", "null", "not(2)", "true"];
  const tables = (["first", "collect"] as const).flatMap((policy) =>
    odd.map((cell) =>
      rules(policy, [
        [cell, "", "1"],
        ["", cell, "amount"],
        ["", "", cell],
        ["", "", "'last'"],
      ]),
    ),
  );
  const graphs: [string, object[]][] = [
    ["decision tables with cells of every kind", tables],
    ["switches", [switching]],
    [
      "expressions",
      [
        expressionGraph({ a: "1/3", b: "0.1 + 0.2", c: "9007199254740993 + 0", d: "amount * 1.0", e: "$root" }),
        expressionGraph({ a: "amount", b: "$.a * 2", "c.d.e": "$.b", f: "missing.field", g: "[1, 'x', null, {a: 1}]" }),
        expressionGraph({ broken: "date(amount)" }),
      ],
    ],
    [
      "loops and paths",
      [
        {
          ...switching,
          nodes: [
            INPUT,
            formula(
              "x",
              { y: "x * 2" },
              { executionMode: "loop", inputField: "list", outputPath: "r.s", passThrough: true },
            ),
            OUTPUT,
          ],
          edges: [edge("in", "x"), edge("x", "out")],
        },
        {
          ...switching,
          nodes: [
            INPUT,
            formula("x", { amount: "amount + 1" }, { passThrough: true }),
            formula("z", { q: "amount" }),
            OUTPUT,
          ],
          edges: [edge("in", "x"), edge("in", "z"), edge("x", "out"), edge("z", "out")],
        },
      ],
    ],
    [
      "functions",
      [
        functionGraph(
          "export const handler = (input) => { console.log(input); return { ...input, n: 1e15, u: undefined }; };",
        ),
        functionGraph("export const handler = (input) => { input.list.push(1); delete input.amount; return input; };"),
        functionGraph("export const handler = () => [1, { a: 'é\\u0000' }];"),
        functionGraph("export const handler = () => 'text';"),
      ],
    ],
  ];
  const inputs = [
    { amount: 3, list: [{ x: 1 }, { x: 2 }] },
    { amount: 500, list: [] },
    { amount: "text", list: 4 },
    { amount: null, list: [{ x: "a" }], nested: { $nodes: 1, __proto__x: 2 } },
  ];

  it.each(graphs)("%s", async (_, all) => {
    const items = all.flatMap((graph) => inputs.map((input) => () => makeItem(graph, { input })));
    expect(await compare(items)).toBe(items.length);
  });

  it("the examples", async () => {
    const items = [
      () => example("company-check"),
      () => example("company-check", (input) => (input.country = "KP")),
      () => example("company-check", (input) => delete input.country),
      () => example("loan-placement"),
      () => example("loan-placement", (input) => delete input.owner),
    ];
    expect(await compare(items)).toBe(items.length);
  });
});

describe("what a trace costs decides about no run", () => {
  /** Its values are small by reference and beyond all memory written out; nothing of them is in its output. */
  const doubling = {
    nodes: [
      INPUT,
      formula(
        "grow",
        Object.fromEntries(
          Array.from({ length: 28 }, (_, n) => [`l${n}`, n === 0 ? "[1]" : `[$.l${n - 1}, $.l${n - 1}]`]),
        ),
      ),
      formula("forget", { ok: "true" }),
      OUTPUT,
    ],
    edges: [edge("in", "grow"), edge("grow", "forget"), edge("forget", "out")],
  };

  it("a run whose trace outgrows all memory completes without one", async () => {
    const pool = makePool(ALL_TRACED);
    const fine = expressionGraph({ a: "1" });
    const [grown, other] = await evaluateAll(pool, [makeItem(doubling), makeItem(fine)]);
    expect(grown).toMatchObject({ kind: "finished", result: { status: "COMPLETED" } });
    expect(bodyOf(grown!).output).toMatchObject({ ok: true });
    expect(traceText(grown!)).toBeUndefined();
    expect(other!.kind).toBe("finished");
    expect(pool.stats().killed).toBeGreaterThan(0);
  });

  it("a large input is evaluated without a trace", async () => {
    const graph = expressionGraph({ length: "len(text)" });
    const input = { text: "x".repeat(2 * 1024 * 1024) };
    const outcome = await evaluateOne(makePool(ALL_TRACED), makeItem(graph, { input }));
    expect(bodyOf(outcome).output).toMatchObject({ length: 2 * 1024 * 1024 });
    expect(traceText(outcome)).toBeUndefined();
  });

  it("a run that eats memory by itself is FAILED engine_memory, found out without a trace", async () => {
    const outcome = await evaluateOne(makePool(ALL_TRACED), makeItem(memoryEatingGraph()));
    expect(outcome).toMatchObject({ kind: "memory", result: { errorCode: "engine_memory" } });
  });
});
