/** Which changes of an engine's input break those who call it. */
import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../lib/engines/evaluate-json.ts";
import { shapeOfSchema } from "../../lib/engines/schema-shape.ts";
import { Effort, fieldsOf } from "../../lib/engines/shape.ts";
import { reasons } from "../fixtures/contract-reasons.ts";
import { expressions, line, object, table, writes } from "../fixtures/graph-lines.ts";
import { functionGraph } from "../fixtures/graphs.ts";

const text = { type: "string" };
const number = { type: "number" };

const input = (schema: object) => line({ input: schema }, expressions({ answer: "1" }));
const reading = (schema: object) => line({ input: schema }, expressions({ x: "a + 1" }));

describe("input fields of a schema", () => {
  it.each<[string, object, object, string[]]>([
    ["the same", object({ a: text }), object({ a: text }), []],
    ["in another order", object({ a: text, b: text }), object({ b: text, a: text }), []],
    ["one more", object({ a: text }), object({ a: text, b: text }), []],
    ["one more that is required", object({ a: text }), object({ a: text, b: text }, ["b"]), ["input b required"]],
    ["one gone", object({ a: text, b: text }), object({ a: text }), ["input b removed"]],
    ["renamed", object({ a: text }), object({ b: text }), ["input a removed"]],
    ["another type", object({ a: text }), object({ a: number }), ["input a type_changed"]],
    ["a narrower type", object({ a: number }), object({ a: { type: "integer" } }), ["input a type_changed"]],
    ["a wider type", object({ a: { type: "integer" } }), object({ a: number }), []],
    ["one type more", object({ a: text }), object({ a: { type: ["string", "null"] } }), []],
    ["one type less", object({ a: { type: ["string", "null"] } }), object({ a: text }), ["input a type_changed"]],
    ["required now", object({ a: text }), object({ a: text }, ["a"]), ["input a required"]],
    ["optional now", object({ a: text }, ["a"]), object({ a: text }), []],
    [
      "gone within",
      object({ a: object({ b: text, c: text }) }),
      object({ a: object({ b: text }) }),
      ["input a.c removed"],
    ],
    ["gone as a whole", object({ a: object({ b: text }), c: text }), object({ c: text }), ["input a removed"]],
    [
      "required within what was there",
      object({ a: object({ b: text }) }),
      object({ a: object({ b: text, c: text }, ["c"]) }),
      ["input a.c required"],
    ],
    ["required within what is new", object({}), object({ a: object({ b: text }, ["b"]) }), []],
    [
      "gone in list elements",
      object({ a: { type: "array", items: object({ b: text, c: text }) } }),
      object({ a: { type: "array", items: object({ c: text }) } }),
      ["input a[].b removed"],
    ],
    ["fields no longer told", object({ a: object({ b: text }) }), object({ a: { type: "object" } }), []],
    ["a type no longer told", object({ a: text }), object({ a: {} }), []],
    ["a type told now", object({ a: {} }), object({ a: text }), []],
    [
      "the types of an enum",
      object({ a: { enum: ["x", "y"] } }),
      object({ a: { enum: [1, 2] } }),
      ["input a type_changed"],
    ],
    ["fewer values of an enum", object({ a: { enum: ["x", "y"] } }), object({ a: { const: "x" } }), []],
    ["a choice instead of a type", object({ a: text }), object({ a: { anyOf: [text, number] } }), []],
    [
      "a type instead of a choice",
      object({ a: { oneOf: [text, number] } }),
      object({ a: text }),
      ["input a type_changed"],
    ],
    [
      "by reference",
      object({ a: text }),
      { $ref: "#/$defs/x", $defs: { x: object({ a: number }, ["a"]) } },
      ["input a type_changed"],
    ],
    [
      "in parts",
      object({ a: text, b: text }),
      { allOf: [object({ a: text }), object({ b: text }, ["b"])] },
      ["input b required"],
    ],
    [
      "names of prototypes",
      object({ constructor: text, ["__proto__x"]: text }),
      object({ toString: text }),
      ["input constructor removed", "input __proto__x removed"],
    ],
  ])("%s", (_, before, after, expected) => {
    expect(reasons(input(before), input(after))).toEqual(expected);
  });

  it("named __proto__ are fields like others", () => {
    const named = JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}') as object;
    expect(reasons(input(named), input(object({})))).toEqual(["input __proto__ removed"]);
  });

  it("that nodes read though the schema no longer names them are still there", () => {
    expect(reasons(reading(object({ a: number })), reading(object({ b: number })))).toEqual([]);
  });

  it.each([
    ["goes round", { $ref: "#" }],
    ["goes round within", object({ a: { $ref: "#/properties/a" }, b: { $ref: "#" } })],
    ["refers to nothing", { $ref: "#/nothing" }],
    ["is no object", [1]],
    ["has wrong parts", { properties: 5, required: "a", allOf: 1, items: [1], type: 7, enum: {} }],
    [
      "leads two to the power of forty ways to nothing",
      {
        $ref: "#/d/0",
        d: Array.from({ length: 40 }, (_, n) => ({ allOf: [{ $ref: `#/d/${n + 1}` }, { $ref: `#/d/${n + 1}` }] })),
      },
    ],
    [
      "names two to the power of forty fields",
      {
        $ref: "#/d/x0",
        d: Object.fromEntries(
          Array.from({ length: 40 }, (_, n) => [
            `x${n}`,
            object({ a: { $ref: `#/d/x${n + 1}` }, b: { $ref: `#/d/x${n + 1}` } }),
          ]),
        ),
      },
    ],
  ])("of a schema that %s end", (_, schema) => {
    reasons(input(schema), input(object({ a: text })));
    reasons(input(object({ a: text })), input(schema));
    const shape = shapeOfSchema(JSON.parse(JSON.stringify(schema)) as JsonValue, new Effort());
    expect(shape ? fieldsOf(shape, new Effort()).size : 0).toBeLessThanOrEqual(2_000);
  });
});

describe("input fields without a schema are what the nodes read", () => {
  it.each<[string, object, object, string[]]>([
    ["the same", writes({ x: "a + b.c" }), writes({ x: "b.c - a" }), []],
    ["no longer read", writes({ x: "a + b.c" }), writes({ x: "a" }), ["input b.c removed"]],
    ["read as a whole", writes({ x: "b.c" }), writes({ x: "len(b)" }), []],
    ["one more", writes({ x: "a" }), writes({ x: "a + b" }), []],
    [
      "in a table",
      line({}, table({ age: "> 18" }, { x: ["1"] })),
      line({}, table({ height: "> 18" }, { x: ["1"] })),
      ["input age removed"],
    ],
    [
      "in a cell",
      line({}, table({ age: "> limit" }, { x: ["1"] })),
      line({}, table({ age: "> 18" }, { x: ["1"] })),
      ["input limit removed"],
    ],
    [
      "in a switch",
      line(
        {},
        { type: "switchNode", content: { statements: [{ id: "s", condition: "vip" }] } },
        expressions({ x: "1" }),
      ),
      line({}, { type: "switchNode", content: { statements: [{ id: "s", condition: "" }] } }, expressions({ x: "1" })),
      ["input vip removed"],
    ],
    [
      "what another node has written is none",
      line({}, expressions({ total: "a" }, { passThrough: true }), expressions({ x: "total" })),
      line({}, expressions({ sum: "a" }, { passThrough: true }), expressions({ x: "sum" })),
      [],
    ],
    [
      "what the input is not passed on to is none",
      line({}, expressions({ y: "a" }), expressions({ x: "b" })),
      line({}, expressions({ y: "a" }), expressions({ x: "c" })),
      [],
    ],
    [
      "within an input field",
      line({}, expressions({ x: "age" }, { inputField: "customer" })),
      line({}, expressions({ x: "height" }, { inputField: "customer" })),
      ["input customer.age removed"],
    ],
    [
      "within the elements of a list",
      line({}, expressions({ x: "age" }, { inputField: "customers", executionMode: "loop", outputPath: "all" })),
      line({}, expressions({ x: "height" }, { inputField: "customers", executionMode: "loop", outputPath: "all" })),
      ["input customers[].age removed"],
    ],
    [
      "of which only a part is an element",
      line({}, expressions({ x: "age" }, { inputField: "filter(customers, #.a)", executionMode: "loop" })),
      line({}, expressions({ x: "height" }, { inputField: "filter(customers, #.b)", executionMode: "loop" })),
      [],
    ],
    [
      "unknown where a function reads",
      writes({ x: "a" }),
      functionGraph("export const handler = () => ({ x: 1 });"),
      [],
    ],
    [
      "a schema that requires what was read",
      writes({ x: "a" }),
      line({ input: object({ a: text }, ["a"]) }, expressions({ x: "a" })),
      ["input a required"],
    ],
    [
      "a schema that allows what was read",
      writes({ x: "a" }),
      line({ input: object({ a: text }) }, expressions({ x: "a" })),
      [],
    ],
    [
      "no schema any more",
      line({ input: object({ a: text, b: text }) }, expressions({ x: "a" })),
      writes({ x: "a" }),
      ["input b removed"],
    ],
  ])("%s", (_, before, after, expected) => {
    expect(reasons(before, after)).toEqual(expected);
  });
});
