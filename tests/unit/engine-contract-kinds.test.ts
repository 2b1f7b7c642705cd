/** A value becomes another kind of value: what was an object, a list or plain, and is another of these in the next version, breaks callers. */
import { describe, expect, it } from "vitest";
import { reasons } from "../fixtures/contract-reasons.ts";
import { expressions, line, object, table, writes } from "../fixtures/graph-lines.ts";
import { functionGraph } from "../fixtures/graphs.ts";

/** The reasons on the side of the output. */
const outputReasons = (before: object, after: object) =>
  reasons(before, after).filter((reason) => reason.startsWith("output"));

const text = { type: "string" };
const list = (items: object) => ({ type: "array", items });
const rates = (more: object) => line({}, table({ x: "" }, { rate: ["1", "2"] }, more));
const loop = (more: object = {}) =>
  writes({ rate: "1" }, { inputField: "customers", executionMode: "loop", outputPath: "all", ...more });

/** What the output can be; no two of the same kind. */
const KINDS: Record<string, object> = {
  object: writes({ "all.rate": "1" }),
  list: rates({ hitPolicy: "collect", outputPath: "all" }),
  number: writes({ all: "1" }),
  text: writes({ all: "'a'" }),
  boolean: writes({ all: "1 > 2" }),
};
/** Other ways to write values of the same kinds. */
const ALIKE: Record<string, object[]> = {
  object: [
    writes({ rate: "1" }, { outputPath: "all" }),
    rates({ outputPath: "all" }),
    line({ output: object({ all: object({ rate: { type: "number" } }) }) }, expressions({ a: "1" })),
  ],
  list: [
    loop(),
    line({ output: object({ all: list(object({ rate: { type: "number" } })) }) }, expressions({ a: "1" })),
  ],
};

describe("an output that was", () => {
  const pairs = Object.keys(KINDS).flatMap((was) => Object.keys(KINDS).map((is) => [was, is] as const));
  it.each(pairs)("%s and is %s now breaks callers unless that is the same", (was, is) => {
    expect(outputReasons(KINDS[was]!, KINDS[is]!)).toEqual(was === is ? [] : ["output all type_changed"]);
  });

  it.each(Object.keys(ALIKE))("%s may be written otherwise", (kind) => {
    const alike = [KINDS[kind]!, ...ALIKE[kind]!];
    for (const before of alike) for (const after of alike) expect(outputReasons(before, after)).toEqual([]);
  });

  it.each<[string, object, object, string[]]>([
    ["an object, a list as a whole", rates({}), rates({ hitPolicy: "collect" }), ["output  type_changed"]],
    ["a list, an object as a whole", rates({ hitPolicy: "collect" }), rates({}), ["output  type_changed"]],
    [
      "an object, a loop's list as a whole",
      writes({ rate: "1" }),
      loop({ outputPath: null }),
      ["output  type_changed"],
    ],
    ["an object, a function's answer", writes({ "a.b": "1" }), functionGraph("export const handler = () => [];"), []],
    ["an object with fields, another one", writes({ "a.b": "1" }), writes({ a: "{c: 1}" }), ["output a.b removed"]],
    ["an object literal, one with fields", writes({ a: "{b: 1}" }), writes({ "a.b": "1" }), []],
    ["an object with fields, not known", writes({ "a.b": "1" }), writes({ a: "x" }), []],
    ["not known, an object with fields", writes({ a: "x" }), writes({ "a.b": "1" }), []],
    ["a list literal, a loop's list", writes({ all: "[{rate: 1}]" }), loop(), []],
    ["a list literal of numbers, a loop's list", writes({ all: "[1]" }), loop(), ["output all[] type_changed"]],
    ["an object two levels in, plain", writes({ "a.b.c": "1" }), writes({ "a.b": "1" }), ["output a.b type_changed"]],
    ["plain, an object two levels in", writes({ "a.b": "1" }), writes({ "a.b.c": "1" }), ["output a.b type_changed"]],
    [
      "a list of objects, of others",
      rates({ hitPolicy: "collect", outputPath: "all" }),
      line({}, table({ x: "" }, { price: ["1"] }, { hitPolicy: "collect", outputPath: "all" })),
      ["output all[].rate removed"],
    ],
    [
      "a list of objects, with fields of another type",
      rates({ hitPolicy: "collect", outputPath: "all" }),
      line({}, table({ x: "" }, { rate: ["'a'"] }, { hitPolicy: "collect", outputPath: "all" })),
      ["output all[].rate type_changed"],
    ],
    [
      "a list of objects, of lists of objects",
      line(
        {},
        table({ x: "" }, { rate: ["1"] }, { inputField: "customers", executionMode: "loop", outputPath: "all" }),
      ),
      line(
        {},
        table(
          { x: "" },
          { rate: ["1"] },
          { inputField: "customers", executionMode: "loop", outputPath: "all", hitPolicy: "collect" },
        ),
      ),
      ["output all[] type_changed"],
    ],
    [
      "a loop's list with more in each element",
      loop(),
      loop({ passThrough: true, expressions: [{ id: "a", key: "other", value: "1" }] }),
      [],
    ],
    [
      "a schema's list of texts, of numbers",
      line({ output: object({ a: list(text) }) }, expressions({ b: "1" })),
      line({ output: object({ a: list({ type: "number" }) }) }, expressions({ b: "1" })),
      ["output a[] type_changed"],
    ],
    [
      "an object written into one that was passed on",
      line({}, expressions({ "a.b": "1" }), expressions({ "a.c": "1" }, { passThrough: true })),
      line({}, expressions({ "a.b": "1" }), expressions({ a: "1" }, { passThrough: true })),
      ["output a type_changed"],
    ],
    [
      "the fields of both, of one",
      line({}, expressions({ "a.b": "1" }), expressions({ "a.c": "1" }, { passThrough: true })),
      line({}, expressions({ "a.b": "1" }), expressions({ "a.c": "1" })),
      ["output a.b removed"],
    ],
    [
      "not known though the input has parts of it",
      writes({ a: "a.b" }, { passThrough: true }),
      writes({ a: "1", c: "a.b" }, { passThrough: true }),
      [],
    ],
    ["plain before parts that nobody writes into it", writes({ a: "1", "a.b": "1" }), writes({ a: "2" }), []],
    [
      "an object of a choice",
      line({ output: { oneOf: [object({ a: text }), object({ b: text })] } }, expressions({ a: "'x'" })),
      writes({ a: "'y'" }),
      ["output b removed"],
    ],
  ])("%s", (_, before, after, expected) => {
    expect(outputReasons(before, after)).toEqual(expected);
  });
});

const taking = (a: object) => line({ input: object({ a }) }, expressions({ x: "1" }));

describe("an input that was", () => {
  it.each<[string, object, object, string[]]>([
    ["an object and is plain", taking(object({ b: text })), taking(text), ["input a type_changed"]],
    ["plain and is an object", taking(text), taking(object({ b: text })), ["input a type_changed"]],
    [
      "an object and is a list of them",
      taking(object({ b: text })),
      taking(list(object({ b: text }))),
      ["input a type_changed"],
    ],
    [
      "a list and is one of its elements",
      taking(list(object({ b: text }))),
      taking(object({ b: text })),
      ["input a type_changed"],
    ],
    [
      "a list of texts and is one of numbers",
      taking(list(text)),
      taking(list({ type: "number" })),
      ["input a[] type_changed"],
    ],
    [
      "a list and needs more of its elements",
      taking({ type: "array" }),
      taking(list(object({ b: text }, ["b"]))),
      ["input a[].b required"],
    ],
    ["read in parts and is plain", writes({ x: "a.b" }), taking(text), ["input a type_changed"]],
    ["plain and is read in parts", taking(text), writes({ x: "a.b" }), ["input a type_changed"]],
    ["read in parts and is an object", writes({ x: "a.b" }), taking(object({ b: text })), []],
    ["read as a whole and is anything", writes({ x: "a" }), taking(text), []],
    [
      "read in parts and is looped over",
      writes({ x: "age" }, { inputField: "customer" }),
      writes({ x: "age" }, { inputField: "customer", executionMode: "loop", outputPath: "all" }),
      ["input customer type_changed", "output x removed"],
    ],
    [
      "looped over and is a list of the same",
      writes({ x: "age" }, { inputField: "a", executionMode: "loop", outputPath: "all" }),
      line(
        { input: object({ a: list(object({ age: text })) }) },
        expressions({ x: "age" }, { inputField: "a", executionMode: "loop", outputPath: "all" }),
      ),
      [],
    ],
    [
      "an object as a whole and is a list",
      line({ input: object({ a: text }) }, expressions({ x: "1" })),
      line({ input: list(text) }, expressions({ x: "1" })),
      ["input  type_changed"],
    ],
    [
      "told and has choices now",
      taking(text),
      line(
        { input: { anyOf: [object({ a: text }), object({ b: text })], properties: { c: text } } },
        expressions({ x: "1" }),
      ),
      [],
    ],
  ])("%s", (_, before, after, expected) => {
    expect(reasons(before, after)).toEqual(expected);
  });
});

it("every graph of the table is compatible with itself", () => {
  for (const graph of [...Object.values(KINDS), ...Object.values(ALIKE).flat(), loop(), rates({})]) {
    for (const type of ["entity_analysis", "placement"] as const) expect(reasons(graph, graph, type)).toEqual([]);
  }
});
