/** Configs that are no graphs, or not in all parts, are compared as JSON. */
import { describe, expect, it } from "vitest";
import { diffConfigs } from "../../lib/engines/config-diff.ts";
import { type ConfigDiff, ConfigDiffSchema } from "../../lib/engines/diff-schema.ts";
import type { JsonValue } from "../../lib/engines/evaluate-json.ts";
import { line, table } from "../fixtures/graph-lines.ts";

function diff(before: unknown, after: unknown): ConfigDiff {
  const found = diffConfigs(before as JsonValue, after as JsonValue);
  expect(ConfigDiffSchema.parse(found)).toEqual(found);
  return found;
}

/** The changes of the one node that changed. */
function changes(before: unknown, after: unknown) {
  const { nodes, edges, other, total } = diff(before, after);
  expect([edges, other]).toEqual([[], []]);
  expect(nodes).toHaveLength(1);
  expect(total).toBe(nodes[0]!.changes.length);
  return nodes[0]!.changes;
}

const oddRules = (rules: unknown) => line({}, table({ a: "1" }, { b: ["1"] }, { rules }));
const oddContent = (value: unknown) => ({
  nodes: [{ id: "x", type: "functionNode", name: "X", content: value }],
  edges: [],
});
const twice = (name: string) => ({
  nodes: [
    { id: "x", name: "A" },
    { id: "x", name },
  ],
  edges: [],
});

describe("what is no graph", () => {
  it.each<[unknown, unknown, [string, string][]]>([
    [{}, { nodes: [], edges: [] }, []],
    [{ nodes: 5 }, { nodes: [], edges: [] }, [["changed", "nodes"]]],
    [
      { url: "https://a.example", timeout_ms: 5 },
      { url: "https://b.example", headers: { a: "1" } },
      [
        ["changed", "url"],
        ["removed", "timeout_ms"],
        ["added", "headers"],
      ],
    ],
    [null, { nodes: [], edges: [] }, [["removed", "config"]]],
    [[1], [2], [["changed", "config[0]"]]],
    [{ nodes: [], edges: [], offerings: 5 }, { nodes: [], edges: [], offerings: [] }, [["changed", "offerings"]]],
    [
      { a: { b: [{ id: "x", c: 1 }] } },
      { a: { b: [{ id: "y" }, { id: "x", c: 2 }] } },
      [
        ["added", "a.b[0]"],
        ["changed", "a.b[1].c"],
      ],
    ],
    [
      JSON.parse('{"__proto__":1}'),
      JSON.parse('{"constructor":2}'),
      [
        ["removed", "__proto__"],
        ["added", "constructor"],
      ],
    ],
  ])("%j and %j are compared as JSON", (before, after, expected) => {
    expect(diff(before, after).other.map(({ kind, path }) => [kind, path])).toEqual(expected);
  });

  it("in wrong places within a graph is compared as JSON", () => {
    expect(changes(oddRules("none"), oddRules([])).map(({ path }) => path)).toEqual(["nodes[1].content.rules"]);
    expect(changes(oddRules([1]), oddRules([2])).map(({ path }) => path)).toEqual(["nodes[1].content.rules[0]"]);
    expect(changes(oddContent("a"), oddContent({ source: "b" })).map(({ path }) => path)).toEqual(["nodes[0].content"]);
  });

  it("however deep, ends", () => {
    const deep = (depth: number, end: unknown): unknown => (depth === 0 ? end : [deep(depth - 1, end)]);
    expect(diff({ a: deep(2_000, 1) }, { a: deep(2_000, 2) }).total).toBe(1);
  });

  it("nodes of one id are told apart by what is in them", () => {
    expect(diff(twice("B"), twice("C")).nodes.map(({ kind, name }) => [kind, name])).toEqual([["changed", "C"]]);
  });
});
