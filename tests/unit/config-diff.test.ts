/** What changed between two configs, at the level at which people think of them. */
import { describe, expect, it } from "vitest";
import { diffConfigs } from "../../lib/engines/config-diff.ts";
import { ConfigDiffSchema, type ConfigDiff } from "../../lib/engines/diff-schema.ts";
import type { JsonValue } from "../../lib/engines/evaluate-json.ts";
import { exampleEngines } from "../../lib/engines/examples/engines.ts";
import { expressions, line, object, table, writes, type LineNode } from "../fixtures/graph-lines.ts";

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

const rates = (...cells: string[]) => line({}, table({ amount: "> 5" }, { rate: cells }));
const withRules = (rules: Record<string, string>[]) => line({}, table({ amount: "" }, { rate: [] }, { rules }));
const rule = (_id: string, i0: string, o0: string) => ({ _id, i0, o0 });
const fn = (source: string): LineNode => ({ type: "functionNode", content: { source } });
const choose = (...conditions: string[]): LineNode => ({
  type: "switchNode",
  content: { statements: conditions.map((condition, n) => ({ id: `s${n}`, condition })) },
});
const ruleAt = (n: number) => `nodes[1].content.rules[${n}]`;
const manyRules = (text: string) => Array.from({ length: 5_000 }, (_, n) => `${(n * 7919) % 5_000}${text}`);
const number = { type: "number" };
const asks = (schema: object) => line({ input: schema }, expressions({ a: "1" }));
const leftBy = (handle: string, id: string) => {
  const config = line({}, choose("vip", ""));
  Object.assign(config.edges[1]!, { sourceHandle: handle, id });
  return config;
};
const withOfferings = (offerings: object[] | undefined) => ({ ...line({}), offerings });

it("finds nothing between a config and itself, whatever the order of its fields and the places of its nodes", () => {
  for (const { config } of exampleEngines) {
    expect(diff(config, config)).toEqual({ nodes: [], edges: [], other: [], total: 0 });
    const moved = JSON.parse(JSON.stringify(config).replaceAll('"y":160', '"y":-7.5')) as object;
    const reversed = Object.fromEntries(Object.entries(moved).reverse());
    expect(diff(config, reversed).total).toBe(0);
  }
});

describe("nodes", () => {
  it("are added, removed and renamed, by their ids", () => {
    const before = line({}, expressions({ a: "1" }), fn("x"));
    const after = line({}, expressions({ a: "1" }));
    after.nodes[1]!.name = "Figures";
    after.nodes.push({ id: "more", type: "switchNode", name: "More", content: undefined });
    expect(diff(before, after).nodes).toEqual([
      {
        id: "n0",
        name: "Figures",
        type: "expressionNode",
        kind: "changed",
        changes: [
          {
            kind: "changed",
            subject: "name",
            path: "nodes[1].name",
            label: "Name",
            before: "Node 0",
            after: "Figures",
          },
        ],
      },
      { id: "n1", name: "Node 1", type: "functionNode", kind: "removed", changes: [] },
      { id: "more", name: "More", type: "switchNode", kind: "added", changes: [] },
    ]);
  });

  it("of another type are told so, with their contents as they are", () => {
    const found = changes(line({}, fn("x")), line({}, expressions({ a: "1" })));
    expect(found.map(({ subject, kind }) => [subject, kind])).toEqual([
      ["type", "changed"],
      ["value", "changed"],
    ]);
  });

  it("are followed by what editors and other versions of them have added", () => {
    const before = writes({ a: "1" });
    const after = writes({ a: "1" }, { colour: { of: "box" } });
    Object.assign(after.nodes[1]!, { description: "Adds up" });
    expect(changes(before, after)).toEqual([
      { kind: "added", subject: "value", path: "nodes[1].content.colour", label: "colour", after: { of: "box" } },
      {
        kind: "added",
        subject: "value",
        path: "nodes[1].description",
        label: "nodes[1].description",
        after: "Adds up",
      },
    ]);
  });
});

describe("expressions", () => {
  it("are added, removed, changed and renamed", () => {
    const before = writes({ a: "1", b: "2", c: "3" });
    const after = writes({ a: "1", b: "2 + x", d: "4" });
    const node = after.nodes[1]!.content as { expressions: { key: string }[] };
    node.expressions[0]!.key = "first";
    expect(changes(before, after)).toEqual([
      {
        kind: "changed",
        subject: "field",
        path: "nodes[1].content.expressions[0].key",
        label: "first",
        before: "a",
        after: "first",
      },
      {
        kind: "changed",
        subject: "expression",
        path: "nodes[1].content.expressions[1].value",
        label: "b",
        before: "2",
        after: "2 + x",
      },
      {
        kind: "removed",
        subject: "expression",
        path: "nodes[1].content.expressions[2].value",
        label: "c",
        before: "3",
      },
      { kind: "added", subject: "expression", path: "nodes[1].content.expressions[2].value", label: "d", after: "4" },
    ]);
  });

  it("move, and their settings change", () => {
    expect(
      changes(writes({ a: "1", b: "2", c: "3" }), writes({ c: "3", a: "1", b: "2" }, { passThrough: true })),
    ).toEqual([
      {
        kind: "moved",
        subject: "expression",
        path: "nodes[1].content.expressions[0]",
        label: "c",
        before: 3,
        after: 1,
      },
      {
        kind: "changed",
        subject: "setting",
        path: "nodes[1].content.passThrough",
        label: "Pass through",
        before: null,
        after: true,
      },
    ]);
    expect(diff(writes({ a: "1" }), writes({ a: "1" }, { inputField: null })).total).toBe(0);
  });
});

describe("rules", () => {
  it("with ids are added, removed, changed cell by cell, and moved", () => {
    const before = withRules([rule("x", "> 1", "1"), rule("y", "> 2", "2"), rule("z", "> 3", "3")]);
    const after = withRules([rule("z", "> 3", "3"), rule("x", "> 1", "1.5"), rule("w", "", "9")]);
    expect(changes(before, after)).toEqual([
      { kind: "moved", subject: "rule", path: ruleAt(0), label: "Rule 1", before: 3, after: 1 },
      {
        kind: "changed",
        subject: "rule",
        path: ruleAt(1),
        label: "Rule 2",
        cells: [{ column: "rate", before: "1", after: "1.5" }],
      },
      {
        kind: "removed",
        subject: "rule",
        path: ruleAt(1),
        label: "Rule 2",
        cells: [
          { column: "amount", before: "> 2" },
          { column: "rate", before: "2" },
        ],
      },
      {
        kind: "added",
        subject: "rule",
        path: ruleAt(2),
        label: "Rule 3",
        cells: [
          { column: "amount", after: "" },
          { column: "rate", after: "9" },
        ],
      },
    ]);
  });

  it("without ids are known by what is in them, and the one between two that stayed is the same one", () => {
    const found = changes(rates("1", "2", "3", "4"), rates("1", "2.5", "3", "4", "5"));
    expect(found.map(({ kind, label, cells }) => [kind, label, cells])).toEqual([
      ["changed", "Rule 2", [{ column: "rate", before: "2", after: "2.5" }]],
      [
        "added",
        "Rule 5",
        [
          { column: "amount", after: "> 5" },
          { column: "rate", after: "5" },
        ],
      ],
    ]);
    expect(
      changes(rates("1", "2", "3"), rates("3", "1", "2")).map(({ kind, label, before, after }) => [
        kind,
        label,
        before,
        after,
      ]),
    ).toEqual([["moved", "Rule 1", 3, 1]]);
    expect(changes(rates("1", "1"), rates("1")).map(({ kind }) => kind)).toEqual(["removed"]);
  });

  it("of columns that come, go and are renamed", () => {
    const before = line({}, table({ a: "1", b: "2" }, { rate: ["1"] }));
    const after = line({}, table({ a: "1" }, { rate: ["1"], extra: ["2"] }));
    const content = after.nodes[1]!.content as { outputs: { field: string }[] };
    content.outputs[0]!.field = "price";
    expect(changes(before, after).map(({ kind, subject, label }) => [kind, subject, label])).toEqual([
      ["removed", "column", "b"],
      ["changed", "column", "rate: field"],
      ["added", "column", "extra"],
      ["changed", "rule", "Rule 1"],
    ]);
  });

  it("in thousands, all of them changed and moved, are matched and listed up to a thousand", () => {
    const { nodes, total } = diff(rates(...manyRules("")), rates(...manyRules(" + 1").reverse()));
    expect(total).toBe(5_000);
    expect(nodes[0]!.changes).toHaveLength(1_000);
    expect(diff(rates(...manyRules("")), rates(...manyRules("").reverse())).total).toBeGreaterThan(4_000);
  });
});

it("conditions of switches, sources of functions and settings of tables are named", () => {
  expect(changes(line({}, choose("a > 1", "")), line({}, choose("a > 2", "", "b")))).toMatchObject([
    { kind: "changed", subject: "condition", label: "Condition 1", before: "a > 1", after: "a > 2" },
    { kind: "added", subject: "condition", label: "Condition 3", after: "b" },
  ]);
  expect(changes(line({}, fn("old")), line({}, fn("new")))).toEqual([
    {
      kind: "changed",
      subject: "source",
      path: "nodes[1].content.source",
      label: "Source",
      before: "old",
      after: "new",
    },
  ]);
  const collect = line({}, table({ amount: "> 5" }, { rate: ["1"] }, { hitPolicy: "collect" }));
  expect(changes(rates("1"), collect)).toMatchObject([
    { subject: "setting", label: "Hit policy", before: "first", after: "collect" },
  ]);
});

describe("schemas", () => {
  it("are told field by field, and as a whole where no field differs", () => {
    const before = asks(object({ a: number, b: number, same: number }, ["b"]));
    const after = asks(object({ a: { type: "string" }, c: number, same: number }, ["c"]));
    expect(changes(before, after).map(({ kind, label, before: was, after: is }) => [kind, label, was, is])).toEqual([
      ["changed", "a", "number", "string"],
      ["removed", "b", "number, required", undefined],
      ["added", "c", undefined, "number, required"],
    ]);
    expect(
      changes(before, asks({ ...object({ a: number, b: number, same: number }, ["b"]), minProperties: 1 })),
    ).toMatchObject([{ kind: "changed", subject: "schema", label: "Schema" }]);
    expect(changes(writes({ a: "1" }), asks(object({ a: number })))).toMatchObject([
      { kind: "added", label: "Schema" },
    ]);
  });

  it("written otherwise are the same", () => {
    const before = asks(object({ a: number }));
    const after = asks(object({ a: number }));
    const node = after.nodes[0] as { content?: { schema: string } };
    node.content!.schema = JSON.stringify(JSON.parse(node.content!.schema), null, 4);
    expect(diff(before, after).total).toBe(0);
  });
});

describe("connections", () => {
  it("are what they connect, with the condition that a switch is left by", () => {
    expect(diff(leftBy("s0", "e"), leftBy("s0", "redrawn")).total).toBe(0);
    expect(diff(leftBy("s0", "e"), leftBy("s1", "e")).edges).toEqual([
      { kind: "removed", source_id: "n0", target_id: "out", label: "Node 0 (vip) → Out" },
      { kind: "added", source_id: "n0", target_id: "out", label: "Node 0 (otherwise) → Out" },
    ]);
  });
});

it("offerings are known by their ids, and told by what changed in each", () => {
  const before = withOfferings([{ id: "a", name: "Alpha", rate: 1, tags: ["x"] }, { id: "b" }, { id: "c" }]);
  const after = withOfferings([
    { id: "c" },
    { id: "a", name: "Alpha", rate: 2, tags: ["x", "y"] },
    { id: "d", rate: 1 },
  ]);
  expect(diff(before, after).other).toEqual([
    { kind: "moved", subject: "offering", path: "offerings[0]", label: "c", before: 3, after: 1 },
    { kind: "changed", subject: "offering", path: "offerings[1].rate", label: "Alpha: rate", before: 1, after: 2 },
    { kind: "added", subject: "offering", path: "offerings[1].tags[1]", label: "Alpha: tags[1]", after: "y" },
    { kind: "removed", subject: "offering", path: "offerings[1]", label: "b", before: { id: "b" } },
    { kind: "added", subject: "offering", path: "offerings[2]", label: "d", after: { id: "d", rate: 1 } },
  ]);
  expect(diff(withOfferings(undefined), before).other.map(({ kind }) => kind)).toEqual(["added", "added", "added"]);
});

it("a draft of a megabyte of connections, or of columns and rules, is compared without looking at each pair", () => {
  const count = 6_000;
  const list = <T>(make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n));
  const nodes = list((n) => ({ id: `n${n}` }));
  const edges = list((n) => ({ sourceId: `x${n}`, targetId: `y${n}` }));
  expect(diffConfigs({ nodes: [], edges: [] }, { nodes, edges }).total).toBe(2 * count);

  const inputs = list((n) => ({ id: `c${n}` }));
  const wide = (rules: { _id: string; a: string }[]) => ({
    nodes: [{ id: "t", type: "decisionTableNode", content: { inputs, outputs: [], rules } }],
    edges: [],
  });
  expect(diffConfigs(wide([]), wide(list((n) => ({ _id: `r${n}`, a: String(n) })))).total).toBe(count);
});
