/** Which changes of an input schema break those who call the engine. */
import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../lib/engines/evaluate-json.ts";
import { shapeOfSchema } from "../../lib/engines/schema-shape.ts";
import { Effort, fieldsOf } from "../../lib/engines/shape.ts";
import { reasons } from "../fixtures/contract-reasons.ts";
import { expressions, line, object } from "../fixtures/graph-lines.ts";

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
    ["a type told now", object({ a: { title: "A" } }), object({ a: text }), []],
    ["one that might be anything", object({ a: {} }), object({ a: text }), ["input a type_changed"]],
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
      "narrowed by a part",
      object({ a: text }),
      { allOf: [object({ a: { type: ["string", "number"] } }), object({ a: number })] },
      ["input a type_changed"],
    ],
    [
      "anything, narrowed by a part",
      object({ a: {} }),
      { allOf: [object({ a: {} }), object({ a: text })] },
      ["input a type_changed"],
    ],
    [
      "the same by parts",
      object({ a: text }),
      { allOf: [object({ a: { type: ["string", "number"] } }), object({ a: text })] },
      [],
    ],
    [
      "narrowed by an enum",
      object({ a: { type: ["string", "null"] } }),
      object({ a: { type: ["string", "null"], enum: ["x"] } }),
      ["input a type_changed"],
    ],
    [
      "by parts that cannot be",
      object({ a: text }),
      { allOf: [object({ a: text }), object({ a: number })] },
      ["input a type_changed"],
    ],
    [
      "an object or null, whose fields a part tells",
      object({ a: { type: ["object", "null"] } }),
      object({ a: { type: ["object", "null"], allOf: [{ properties: { b: text } }] } }),
      [],
    ],
    [
      "of the first elements",
      object({ a: { type: "array", prefixItems: [text, text] } }),
      object({ a: { type: "array", prefixItems: [text, number] } }),
      ["input a[1] type_changed"],
    ],
    [
      "of the first elements, as older drafts have them",
      object({ a: { type: "array", items: [object({ b: text })] } }),
      object({ a: { type: "array", items: [object({ c: text })] } }),
      ["input a[0].b removed"],
    ],
    [
      "of first elements that were like the others",
      object({ a: { type: "array", items: text } }),
      object({ a: { type: "array", prefixItems: [number], items: text } }),
      ["input a[0] type_changed"],
    ],
    ["one place more", object({ a: { items: [text] } }), object({ a: { items: [text, number] } }), []],
    ["one place less", object({ a: { items: [text, number] } }), object({ a: { items: [text] } }), []],
    ["a list with places", object({ a: { prefixItems: [text] } }), object({ a: { items: text } }), []],
    ...["if", "dependentSchemas"].map((name): [string, object, object, string[]] => [
      `gone beside an empty ${name}`,
      object({ a: text, b: text }),
      { ...object({ b: text }), [name]: {} },
      ["input a removed"],
    ]),
    ...Object.entries({
      "^zz$": true,
      "^a$": false,
      "^a": false,
      "^ab": true,
      "^ab?": false,
      "^.": false,
      a$: false,
      "^x|a": false,
    }).map(([pattern, isGone]): [string, object, object, string[]] => [
      `gone beside names like ${pattern}`,
      object({ a: text, b: text }),
      { ...object({ b: text }), patternProperties: { [pattern]: text } },
      isGone ? ["input a removed"] : [],
    ]),
    [
      "gone to a choice",
      object({ a: text, b: text }),
      { ...object({ b: text }), oneOf: [object({ a: text }), {}] },
      [],
    ],
    [
      "gone to a condition",
      object({ a: text }),
      { ...object({}), if: {}, ["then" as string]: object({ a: text }) },
      [],
    ],
    [
      "gone to what other fields bring along",
      object({ a: text }),
      { ...object({}), dependentSchemas: { b: object({ a: text }) } },
      [],
    ],
    [
      "of a choice, gone",
      { oneOf: [object({ a: text }), object({ b: text })] },
      object({ b: text }),
      ["input a removed"],
    ],
    [
      "of a choice, another type",
      { oneOf: [object({ a: text }), object({ a: number })] },
      { oneOf: [object({ a: text }), object({ b: text })] },
      ["input a type_changed"],
    ],
    ["gone to what nobody here can see", object({ a: text }), { ...object({ b: text }), $ref: "https://a.test" }, []],
    [
      "required by one choice",
      object({ a: text }),
      { ...object({ a: text }), anyOf: [{ required: ["a"] }] },
      ["input a required"],
    ],
    [
      "required by each choice",
      object({ a: text, b: text }),
      { ...object({ a: text, b: text }), oneOf: [{ required: ["a", "b"] }, { required: ["a"] }] },
      ["input a required"],
    ],
    [
      "required by some choices",
      object({ a: text, b: text }),
      { ...object({ a: text, b: text }), anyOf: [{ required: ["a"] }, { required: ["b"] }] },
      [],
    ],
    [
      "required by a part",
      object({ a: text }),
      { ...object({ a: text }), allOf: [{ required: ["a"] }] },
      ["input a required"],
    ],
    ["required, and told nowhere", object({ a: text }), object({ a: text }, ["b"]), ["input b required"]],
    ...[{ $anchor: "c" }, { $id: "#c" }].map((named): [string, object, object, string[]] => [
      `by the anchor ${JSON.stringify(named)}`,
      { ...object({ a: { $ref: "#c" } }), $defs: { x: { ...named, ...text } } },
      { ...object({ a: { $ref: "#c" } }), $defs: { x: { ...named, ...number } } },
      ["input a type_changed"],
    ]),
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
