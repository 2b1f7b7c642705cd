/** The one graph that is drawn of two. */
import { expect, it } from "vitest";
import { bothGraphs } from "../../components/engines/both-graphs.ts";
import { diffConfigs } from "../../lib/engines/config-diff.ts";
import type { JsonValue } from "../../lib/engines/evaluate-json.ts";
import { expressions, line } from "../fixtures/graph-lines.ts";

const drawn = (before: unknown, after: unknown) =>
  bothGraphs(before, after, diffConfigs(before as JsonValue, after as JsonValue));

it("is the newer one, with what is gone and how that was connected", () => {
  const before = line({}, expressions({ a: "1" }), expressions({ b: "1" }));
  const after = line({}, expressions({ a: "1" }));
  const both = drawn(before, after)!;
  expect(both.nodes.map(({ id }) => id)).toEqual(["in", "n0", "out", "n1"]);
  expect(both.edges.map(({ sourceId, targetId }) => `${String(sourceId)} ${String(targetId)}`)).toEqual([
    "in n0",
    "n0 out",
    "n0 n1",
    "n1 out",
  ]);
  expect(new Set(both.edges.map(({ id }) => id)).size).toBe(both.edges.length);
});

it.each([
  [null, null],
  [{ url: "a" }, { url: "b" }],
  [{ nodes: 5 }, { nodes: [null, "x"], edges: {} }],
])("is none where neither has nodes: %j, %j", (before, after) => {
  expect(drawn(before, after)).toBeNull();
});
