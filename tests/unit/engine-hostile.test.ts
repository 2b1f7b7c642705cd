/**
 * Configs that are made to be work, each about as large as a config can be. What takes a pass over each of them ends; what goes over a part again for
 * every other part, as everything here once did, would not end before the test's time is over.
 */
import { expect, it } from "vitest";
import { contractOf } from "../../lib/engines/contract.ts";
import { compareContracts } from "../../lib/engines/contract-compare.ts";
import { diffConfigs } from "../../lib/engines/config-diff.ts";
import { GRAPH_LIMITS } from "../../lib/engines/decision-graph.ts";
import { validateGraph } from "../../lib/engines/decision-graph-validate.ts";
import type { JsonValue } from "../../lib/engines/evaluate-json.ts";
import { line, type LineNode } from "../fixtures/graph-lines.ts";

const list = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

function expressions(fields: readonly (readonly [string, string])[], more: object = {}): LineNode {
  const rows = fields.map(([key, value], n) => ({ id: String(n), key, value }));
  return { type: "expressionNode", content: { expressions: rows, passThrough: true, ...more } };
}

function table(inputs: readonly string[], rules: object[]): LineNode {
  const columns = inputs.map((id) => ({ id, name: "", field: "a" }));
  return { type: "decisionTableNode", content: { hitPolicy: "first", inputs: columns, outputs: [], rules } };
}

/** A hundred nodes, each with as long an expression as may be. */
const longExpressions = (text: string) => line({}, ...list(100, (n) => expressions([[`x${n}`, text]])));

function withOutputs(schema: object | string, count: number) {
  const graph = line({});
  for (let n = 0; n < count; n += 1) {
    const content = { schema: typeof schema === "string" ? schema : JSON.stringify(schema) };
    graph.nodes.push({ id: `s${n}`, type: "outputNode", name: "S", content });
    graph.edges.push({ id: `f${n}`, sourceId: "in", targetId: `s${n}` });
  }
  return graph;
}

function dense(word: string) {
  const graph = line({}, ...list(195, (n) => expressions(list(100, (m) => [`${word}${n}_${m}`, "1"]))));
  for (let to = 2; to < 44; to += 1) {
    for (let from = 0; from < to - 1; from += 1) {
      graph.edges.push({ id: `d${from}_${to}`, sourceId: `n${from}`, targetId: `n${to}` });
    }
  }
  return graph;
}

/** Forty definitions, each of which refers twice to the next. */
const doubling = (word: string) => ({
  $ref: "#/d/x0",
  d: Object.fromEntries(
    list(40, (n) => {
      const next = { $ref: `#/d/x${n + 1}` };
      return [`x${n}`, { properties: { [word]: next, b: next }, allOf: [next, next] }];
    }),
  ),
});

function nested(levels: number, inner: unknown): unknown {
  return levels === 0 ? inner : { a: nested(levels - 1, inner) };
}

const HOSTILE: [string, (word: string) => unknown][] = [
  [
    "keys of hundreds of names, and nodes that pass them on",
    (word) =>
      line(
        {},
        expressions(list(1_000, (n) => [`${word}${n}${".a".repeat(240)}`, "1"])),
        ...list(194, () => expressions([["z", "q"]])),
      ),
  ],
  [
    "nodes that each write much and pass it on",
    (word) => line({}, ...list(195, (n) => expressions(list(120, (m) => [`${word}${n}_${m}`, "1"])))),
  ],
  ["nodes that get it from all before them", dense],
  [
    "reads by the thousand in a part far in",
    (word) => {
      const inputField = list(100, () => "a").join(".");
      const reads = (n: number) => list(1_000, (m) => `${word}${n}_${m}`).join("+");
      return line({}, ...list(100, (n) => expressions([[`x${n}`, reads(n).slice(0, 8_000)]], { inputField })));
    },
  ],
  ["lists in lists", () => longExpressions("map(#.a,".repeat(1_000))],
  ["filters of filters", (word) => longExpressions(`${"filter(".repeat(570)}xs${`,#.${word})`.repeat(570)}`)],
  ["keys in brackets", (word) => longExpressions(`${word}${"['a']".repeat(1_590)}`)],
  ["literals in literals", (word) => longExpressions(`${`[{${word}:`.repeat(1_500)}1${"}]".repeat(1_500)}`)],
  ["wide literals", (word) => longExpressions(`{${list(900, (n) => `${word}${n}:[${n}]`).join()}}`)],
  [
    "literals of what was written before, twice each",
    (word) =>
      line(
        {},
        ...list(90, () => expressions(list(90, (n) => [`${word}${n}`, `{a:$.${word}${n - 1},b:[$.${word}${n - 1}]}`]))),
      ),
  ],
  [
    "a column of literals with other keys each",
    (word) =>
      line(
        {},
        {
          type: "decisionTableNode",
          content: {
            hitPolicy: "first",
            inputs: [],
            outputs: [{ id: "c", name: "", field: "a" }],
            rules: list(5_000, (n) => ({ c: `{${list(8, (m) => `${word}${n}_${m}:'${n}'`).join()}}` })),
          },
        },
      ),
  ],
  ["short words", () => longExpressions("a,".repeat(4_000))],
  ["brackets in brackets", () => longExpressions("(".repeat(4_000) + ")".repeat(4_000))],
  [
    "brackets and choices in each other",
    () => longExpressions("(a?".repeat(60) + "1+".repeat(3_800) + "1" + ":1)".repeat(60)),
  ],
  ["choices behind choices", () => longExpressions(`${"a?1:".repeat(2_000)}1`)],
  ["choices in choices", () => longExpressions(`${"a?".repeat(2_000)}1${":1".repeat(2_000)}`)],
  ["sums and alternatives", () => longExpressions(`${"1??".repeat(1_300)}${"1+".repeat(2_000)}1`)],
  ["quotes that do not end", () => longExpressions('"\\'.repeat(2_000))],
  [
    "columns by the hundred and rules without cells",
    () =>
      line(
        {},
        ...list(45, () =>
          table(
            list(100, (n) => `c${n}`),
            list(5_000, () => ({})),
          ),
        ),
      ),
  ],
  [
    "columns named like what objects inherit",
    (word) =>
      line(
        {},
        table(
          ["constructor", "toString", word],
          list(9, () => ({})),
        ),
      ),
  ],
  [
    "a rule of a hundred thousand cells",
    (word) => line({}, table([], [Object.fromEntries(list(80_000, (n) => [`${word}${n}`, word]))])),
  ],
  [
    "a rule of a hundred thousand wrong cells",
    (word) => line({}, table([], [Object.fromEntries(list(90_000, (n) => [`${word}${n}`, 1]))])),
  ],
  [
    "rules that are none",
    () =>
      line(
        {},
        ...list(60, () =>
          table(
            [],
            list(5_000, () => 5 as unknown as object),
          ),
        ),
      ),
  ],
  ["nodes that are none", () => ({ nodes: list(300_000, () => ({})), edges: [] })],
  ["connections that are none", () => ({ nodes: [], edges: list(300_000, () => ({})) })],
  [
    "expressions that are none",
    () => line({}, { type: "expressionNode", content: { expressions: list(300_000, () => ({})) } }),
  ],
  ["schemas that double", (word) => withOutputs(doubling(word), 150)],
  [
    "schemas that refer to a long list again and again",
    (word) => {
      const properties = Object.fromEntries(list(1_500, (n) => [`${word}${n}`, { $ref: "#/d" }]));
      return withOutputs({ properties, d: { enum: list(9_000, (n) => n % 10) } }, 14);
    },
  ],
  [
    "a schema of parts in parts",
    (word) => withOutputs(`{"properties":{"${word}":${'{"allOf":['.repeat(4_000)}{}${"]}".repeat(4_000)}}}`, 1),
  ],
  [
    "a schema of choices in choices",
    (word) => {
      const choices = list(40, (n) => ({
        [n % 2 ? "anyOf" : "oneOf"]: [{ $ref: `#/d/${n + 1}` }, { $ref: `#/d/${n + 1}` }],
      }));
      return withOutputs({ $ref: "#/d/0", d: { ...choices, 40: { properties: { [word]: {} } } } }, 100);
    },
  ],
  [
    "choices that each name much",
    (word) => {
      const names = (n: number) => list(60, (m) => `${word}${n % 30}_${m}`);
      const choice = (n: number) => ({
        required: names(n),
        properties: Object.fromEntries(names(n).map((name) => [name, {}])),
      });
      return withOutputs({ anyOf: list(25, choice) }, 14);
    },
  ],
  [
    "patterns for every field, and more of them",
    (word) => {
      const named = (count: number, prefix: string) =>
        Object.fromEntries(list(count, (n) => [`${prefix}${word}${n}`, {}]));
      const graph = withOutputs({ properties: named(4_000, ""), patternProperties: named(20, "^c") }, 7);
      graph.nodes.push(...withOutputs({ patternProperties: named(3_000, "^(a+)+") }, 7).nodes.slice(2));
      return graph;
    },
  ],
  [
    "anchors by the thousand",
    (word) => {
      const anchored = list(1_000, (n) => ({ $anchor: `${word}${n}`, type: "string" }));
      const properties = Object.fromEntries(list(1_000, (n) => [n, { $ref: `#${word}${n}` }]));
      return withOutputs({ $defs: anchored, properties }, 14);
    },
  ],
  ["places by the thousand", (word) => withOutputs({ prefixItems: list(4_000, () => ({ title: word })) }, 14)],
  ["fields nobody knows", (word) => Object.fromEntries(list(90_000, (n) => [`${word}${n}`, 1]))],
  ["values far in", (word) => nested(60, { ...Object.fromEntries(list(100_000, (n) => [n, 0])), z: word })],
  [
    "lists of the same over and over",
    (word) => ({ x: word === "a" ? list(300_000, () => ({})) : list(300_001, () => ({})) }),
  ],
  [
    "a name of half a config in every path",
    (word) => ({ ["k".repeat(400_000)]: Object.fromEntries(list(40_000, (n) => [n, word])) }),
  ],
  [
    "a name of half a config in every change",
    (word) => ({
      nodes: [{ id: "a", name: "k".repeat(400_000) }],
      edges: list(8_000, (n) => ({ sourceId: "a", targetId: `${word}${n}` })),
    }),
  ],
];

it.each(HOSTILE)(
  "%s: validated, compared and told apart",
  async (_, make) => {
    const [before, after] = [make("a"), make("b")] as [JsonValue, JsonValue];
    expect(JSON.stringify(before).length).toBeLessThanOrEqual(GRAPH_LIMITS.chars);
    expect((await validateGraph("org", "entity_analysis", before)).problems.length).toBeLessThanOrEqual(100);
    for (const type of ["entity_analysis", "placement"] as const) {
      const [old, now] = [contractOf(type, before), contractOf(type, after)];
      expect(compareContracts(old, now).reasons.length).toBeLessThanOrEqual(100);
      expect(compareContracts(old, old).compatibility).toBe("compatible");
    }
    // What is listed says each value once, and no name again and again.
    expect(JSON.stringify(diffConfigs(before, after)).length).toBeLessThan(8 * GRAPH_LIMITS.chars);
    expect(diffConfigs(before, structuredClone(before)).total).toBe(0);
  },
  15_000,
);
