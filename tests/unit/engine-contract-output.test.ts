/** Which changes of an engine's output break those who call it. */
import { describe, expect, it } from "vitest";
import { reasons } from "../fixtures/contract-reasons.ts";
import { expressions, line, object, table, writes } from "../fixtures/graph-lines.ts";
import { functionGraph } from "../fixtures/graphs.ts";

const text = { type: "string" };
const number = { type: "number" };

const output = (schema: object) => line({ output: schema }, expressions({ answer: "1" }));
const answering = (expression: string) => writes({ eligible: expression });

function withTwoOutputs(first: string, second: string) {
  const graph = line({}, expressions({ [first]: "1" }));
  return {
    nodes: [
      ...graph.nodes,
      { ...expressions({ [second]: "1" }), id: "m", name: "M" },
      { id: "out2", type: "outputNode", name: "Out 2" },
    ],
    edges: [...graph.edges, { id: "x", sourceId: "in", targetId: "m" }, { id: "y", sourceId: "m", targetId: "out2" }],
  };
}

describe("output fields", () => {
  it.each<[string, object, object, string[]]>([
    ["the same", writes({ a: "1" }), writes({ a: "2" }), []],
    ["one more", writes({ a: "1" }), writes({ a: "1", b: "1" }), []],
    ["one gone", writes({ a: "1", b: "1" }), writes({ a: "1" }), ["output b removed"]],
    ["renamed", writes({ a: "1" }), writes({ b: "1" }), ["output a removed"]],
    ["another type", writes({ a: "1" }), writes({ a: "'1'" }), ["output a type_changed"]],
    ["a type more", writes({ a: "1" }), writes({ a: "x ? 1 : '1'" }), ["output a type_changed"]],
    ["a type less", writes({ a: "x ? 1 : '1'" }), writes({ a: "x ? 1 : 2" }), []],
    ["null is left out as ever", writes({ a: "1" }), writes({ a: "x > 1 ? 1 : null", b: "x" }), []],
    ["a type that is not known", writes({ a: "1" }), writes({ a: "x" }), []],
    ["dotted", writes({ "a.b": "1" }), writes({ "a.c": "1" }), ["output a.b removed"]],
    ["under another path", writes({ a: "1" }), writes({ a: "1" }, { outputPath: "result" }), ["output a removed"]],
    [
      "of a column",
      line({}, table({ x: "" }, { rate: ["1", "2"] })),
      line({}, table({ x: "" }, { price: ["1", "2"] })),
      ["output rate removed"],
    ],
    [
      "of cells",
      line({}, table({ x: "" }, { rate: ["1", "2"] })),
      line({}, table({ x: "" }, { rate: ["1", "'2'"] })),
      ["output rate type_changed"],
    ],
    [
      "unknown where a function writes",
      writes({ a: "1" }),
      functionGraph("export const handler = () => ({ b: 1 });"),
      [],
    ],
    ["known no more", functionGraph("export const handler = () => ({ b: 1 });"), writes({ a: "1" }), []],
    [
      "of a node before, passed on",
      line({}, expressions({ a: "1" }), expressions({ b: "1" }, { passThrough: true })),
      line({}, expressions({ a: "1" }), expressions({ b: "1" })),
      ["output a removed"],
    ],
    [
      "the input, passed on no more",
      writes({ a: "1" }, { passThrough: true }),
      writes({ a: "1" }),
      ["output input removed"],
    ],
    [
      "the input, passed on beside a schema now",
      writes({ a: "1" }, { passThrough: true }),
      line({ output: object({ a: number }) }, expressions({ a: "1" }, { passThrough: true })),
      [],
    ],
    [
      "the input, which no schema promised, passed on no more",
      line({ output: object({ a: number }) }, expressions({ a: "1" }, { passThrough: true })),
      writes({ a: "1" }),
      [],
    ],
    ["the input, passed on now", writes({ a: "1" }), writes({ a: "1" }, { passThrough: true }), []],
    [
      "a field that the input passes on is there",
      line({}, expressions({ a: "1" }, { passThrough: true })),
      line({ input: object({ a: number }) }, expressions({ b: "1" }, { passThrough: true })),
      [],
    ],
    ...[["'x'", []] as const, ["5", ["output a type_changed"]] as const].map(
      ([written, expected]): [string, object, object, string[]] => [
        `a field that the input passed on is ${written} now`,
        line({ input: object({ a: text }) }, expressions({ b: "1" }, { passThrough: true })),
        line({ input: object({ a: text }) }, expressions({ a: written, b: "1" }, { passThrough: true })),
        [...expected],
      ],
    ),
    [
      "a field that was written is the input's again, of another type",
      line({ input: object({ a: text }) }, expressions({ a: "1" }, { passThrough: true })),
      line({ input: object({ a: text }) }, expressions({ b: "1" }, { passThrough: true })),
      ["output a type_changed"],
    ],
    [
      "a field that the input passes on may be more",
      line({ input: object({ a: text }) }, expressions({ b: "1" }, { passThrough: true })),
      line({ input: object({ a: { type: ["string", "null"] } }) }, expressions({ b: "1" }, { passThrough: true })),
      [],
    ],
    ["of a schema, gone", output(object({ a: text, b: text })), output(object({ a: text })), ["output b removed"]],
    ["of a schema, though still written", output(object({ answer: number, b: text })), output(object({ b: text })), []],
    [
      "of a schema, another type",
      output(object({ b: text })),
      output(object({ b: number })),
      ["output b type_changed"],
    ],
    ["of a schema, a narrower type", output(object({ b: number })), output(object({ b: { type: "integer" } })), []],
    [
      "of a schema, a wider type",
      output(object({ b: { type: "integer" } })),
      output(object({ b: number })),
      ["output b type_changed"],
    ],
    ["of two outputs", withTwoOutputs("a", "b"), withTwoOutputs("a", "c"), ["output b removed"]],
  ])("%s", (_, before, after, expected) => {
    expect(reasons(before, after)).toEqual(expected);
  });

  it("of an analysis always have findings, whatever the graph says", () => {
    expect(reasons(writes({ findings: "[]", a: "1" }), writes({ findings: "5" }))).toEqual(["output a removed"]);
  });

  it("of a placement always have eligible, score and reasons; what is not repeated in solutions is none", () => {
    const before = writes({ eligible: "true", score: "1", reasons: "[]", rate: "1", rank: "1" });
    expect(reasons(before, writes({ eligible: "'x'", score: "'1'", rate: "2" }), "placement")).toEqual([]);
    expect(reasons(before, writes({ eligible: "true", score: "1" }), "placement")).toEqual(["output rate removed"]);
    const passing = writes({ eligible: "true" }, { passThrough: true });
    expect(reasons(passing, writes({ eligible: "true" }), "placement")).toEqual([]);
  });

  it("of a placement are placed by input and offering, which are always there", () => {
    expect(reasons(answering("input.a"), answering("input.b"), "placement")).toEqual(["input input.a removed"]);
    expect(reasons(answering("offering.a"), answering("typo"), "placement")).toEqual(["input offering.a removed"]);
    const schema = object({ input: object({ a: number }, ["a"]) }, ["input"]);
    const declared = line({ input: schema }, expressions({ eligible: "input.a > 1" }));
    expect(reasons(answering("input.a"), declared, "placement")).toEqual(["input input.a required"]);
  });
});
