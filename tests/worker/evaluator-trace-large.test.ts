/** Traces of large evaluations, as a person asks for them: what is too large is left out by name. */
import { expect, it } from "vitest";
import { evaluateNow } from "../../lib/engines/evaluate-now.ts";
import { ASKED } from "../../lib/engines/evaluate-trace.ts";
import { readTrace } from "../../lib/engines/trace-reader.ts";
import { edge, formula, INPUT, OUTPUT } from "./graph-parts.ts";

const chain = {
  nodes: [INPUT, ...["a", "b", "c", "d"].map((id) => formula(id, { [id]: "1" }, { passThrough: true })), OUTPUT],
  edges: [edge("in", "a"), edge("a", "b"), edge("b", "c"), edge("c", "d"), edge("d", "out")],
};

const looping = {
  nodes: [
    INPUT,
    formula(
      "x",
      { y: "x * 2" },
      { executionMode: "loop", inputField: "list", outputPath: "result", passThrough: true },
    ),
    OUTPUT,
  ],
  edges: [edge("in", "x"), edge("x", "out")],
};

it.each([
  ["a large input that goes through many nodes", chain, { text: "x".repeat(300_000) }, "input"],
  [
    "a loop over many elements",
    looping,
    { list: Array.from({ length: 3_000 }, (_, x) => ({ x, text: "x".repeat(120) })) },
    "output",
  ],
] as const)("a trace of %s keeps every node, its place and its time, and what fits", async (_, graph, input, field) => {
  const payload = JSON.stringify({ input });
  const request = { type: "entity_analysis", config: JSON.stringify(graph), payload, timeoutMs: 60_000 } as const;
  const { result } = await evaluateNow("org", { ...request, tracing: ASKED });
  expect(result.trace!.length).toBeLessThan(ASKED.maxChars + 10_000);
  const { evaluations, omitted } = readTrace(result.trace!, graph);
  expect(omitted).toBeUndefined();
  const { nodes } = evaluations[0]!;
  expect(nodes.map((node) => node.node_id)).toEqual(graph.nodes.map(({ id }) => id));
  expect(nodes.map(({ order }) => order)).toEqual(nodes.map((_, n) => n));
  expect(nodes.every(({ duration_us: time }) => time !== null)).toBe(true);
  expect(nodes[0]).toMatchObject({ input, output: input });
  const cut = nodes.filter((node) => node.omitted?.[field] !== undefined);
  expect(cut.length).toBeGreaterThan(0);
  for (const node of cut) {
    expect(node[field]).toBeNull();
    expect(node.omitted![field]).toBeGreaterThan(300_000);
  }
});
