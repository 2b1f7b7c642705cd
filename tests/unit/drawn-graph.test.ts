/** What the drawing of a decision graph makes of configs, of broken ones above all. */
import { describe, expect, it } from "vitest";
import { directionOf, isLarge, layoutGraph, layoutIn } from "../../components/decision-graph/graph-layout.ts";
import { graphOf, readingOrder } from "../../components/decision-graph/graph-model.ts";
import { formatTraceTime } from "../../components/decision-graph/trace-time.ts";
import { exampleEngines } from "../../lib/engines/examples/engines.ts";

const node = (id: string, type = "expressionNode", content: unknown = {}) => ({ id, type, name: id, content });
const edge = (sourceId: string, targetId: string, more: object = {}) => ({
  id: `${sourceId}-${targetId}`,
  sourceId,
  targetId,
  ...more,
});
const ROOM = { width: 1_200, height: 600 };

it.each([
  ["nothing", undefined],
  ["a text", "{"],
  ["a list", []],
  ["no lists", { nodes: 5, edges: "x" }],
  [
    "nodes of nothing",
    { nodes: [null, 1, "x", [], {}, { id: 7 }, { id: "a", type: 3, content: null }], edges: [null, {}] },
  ],
  [
    "edges of nothing",
    { nodes: [node("a")], edges: [{ sourceId: 1, targetId: {} }, { sourceId: "a" }, { targetId: "b" }] },
  ],
  ["one id for all", { nodes: [node("a"), node("a"), node("a")], edges: [edge("a", "a"), edge("a", "a")] }],
  ["a circle", { nodes: [node("a"), node("b"), node("c")], edges: [edge("a", "b"), edge("b", "c"), edge("c", "a")] }],
  [
    "names of prototypes",
    { nodes: [node("__proto__"), node("constructor")], edges: [edge("__proto__", "constructor")] },
  ],
  [
    "broken contents",
    {
      nodes: ["inputNode", "decisionTableNode", "switchNode", "functionNode"].map((type) =>
        node(type, type, { rules: 1, statements: [null], schema: "{", source: 5 }),
      ),
    },
  ],
])("draws every node of %s at a place of its own", (_, config) => {
  const graph = graphOf(config);
  const { positions } = layoutGraph(graph, ROOM);
  const places = graph.nodes.map(({ key }) => positions.get(key)!);
  expect(new Set(places.map(({ x, y }) => `${x} ${y}`)).size).toBe(graph.nodes.length);
  expect(places.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))).toBe(true);
  expect(new Set(graph.nodes.map(({ key }) => key)).size).toBe(graph.nodes.length);
  expect(readingOrder(graph)).toHaveLength(graph.nodes.length);
});

describe("an edge to a node that does not exist", () => {
  const graph = graphOf({ nodes: [node("in", "inputNode")], edges: [edge("in", "gone")] });
  it("leads to a stand-in that says so", () => {
    expect(graph.nodes.map(({ id, kind, index }) => [id, kind, index])).toEqual([
      ["in", "inputNode", 0],
      ["gone", "missing", -1],
    ]);
    expect(graph.edges).toHaveLength(1);
  });
});

it("labels the ways out of a switch with their conditions", () => {
  const content = {
    statements: [
      { id: "s1", condition: "amount > 5" },
      { id: "s2", condition: "" },
    ],
  };
  const edges = [edge("sw", "a", { sourceHandle: "s1" }), edge("sw", "b", { sourceHandle: "s2" }), edge("sw", "c")];
  const graph = graphOf({ nodes: [node("sw", "switchNode", content), node("a"), node("b"), node("c")], edges });
  expect(graph.edges.map(({ label }) => label)).toEqual(["amount > 5", "otherwise", undefined]);
});

it("stands left to right where there is room, top to bottom where there is not, and reads in the order of evaluation", () => {
  const { config } = exampleEngines[0]!;
  const graph = graphOf(config);
  const order = readingOrder(graph).map(({ key }) => key);
  expect(order[0]).toBe("input");
  expect(order.at(-1)).toBe("output");
  for (const [room, direction, axis] of [
    [{ width: 2_000, height: 400 }, "LR", "x"],
    [{ width: 360, height: 640 }, "TB", "y"],
  ] as const) {
    const layout = layoutGraph(graph, room);
    expect(layout.direction).toBe(direction);
    const along = order.map((key) => layout.positions.get(key)![axis]);
    expect(along).toEqual(along.toSorted((a, b) => a - b));
  }
});

it("a large graph has every node at a place of its own, in the direction that its room is long", () => {
  const nodes = Array.from({ length: 60 }, (_, n) => node(`n${n}`));
  const graph = graphOf({ nodes, edges: nodes.slice(1).map(({ id }, n) => edge(`n${n >> 1}`, id)) });
  expect(isLarge(graph)).toBe(true);
  for (const room of [ROOM, { width: 360, height: 640 }]) {
    const { direction, positions } = layoutIn(graph, directionOf(room));
    expect(direction).toBe(room === ROOM ? "LR" : "TB");
    expect(new Set([...positions.values()].map(({ x, y }) => `${x} ${y}`)).size).toBe(60);
  }
});

it("says what nodes do", () => {
  const details = new Map(graphOf(exampleEngines[0]!.config).nodes.map(({ id, detail }) => [id, detail]));
  expect(details.get("speed")).toBe("4 rules, 1 → 2 · first match");
  expect(details.get("input")).toBe("Checks the input: input");
});

it.each([
  [0, "0 µs"],
  [38.4, "38 µs"],
  [1_440, "1.4 ms"],
  [412_000, "412 ms"],
  [1_234_000, "1.2 s"],
])("%d microseconds are %s", (us, words) => expect(formatTraceTime(us).replaceAll("\u00a0", " ")).toBe(words));
