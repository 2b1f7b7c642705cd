/** Which changes of what the nodes read break those who call the engine, where no schema says what they read. */
import { describe, expect, it } from "vitest";
import { reasons } from "../fixtures/contract-reasons.ts";
import { expressions, line, object, table, writes } from "../fixtures/graph-lines.ts";
import { functionGraph } from "../fixtures/graphs.ts";

const text = { type: "string" };
const choice = { type: "switchNode", content: { statements: [{ id: "s", condition: "vip" }] } };

describe("input fields without a schema are what the nodes read", () => {
  it.each<[string, object, object, string[]]>([
    ["the same", writes({ x: "a + b.c" }), writes({ x: "b.c - a" }), []],
    ["no longer read", writes({ x: "a + b.c" }), writes({ x: "a" }), ["input b.c removed"]],
    ["read as a whole", writes({ x: "b.c" }), writes({ x: "type(b)" }), []],
    ["read as a text or a list", writes({ x: "b.c" }), writes({ x: "len(b)" }), ["input b type_changed"]],
    ["one more", writes({ x: "a" }), writes({ x: "a + b" }), []],
    ["by a key in brackets", writes({ x: "a['b']" }), writes({ x: "a['c']" }), ["input a.b removed"]],
    ["by a key that is no name", writes({ x: "$root['a-b']" }), writes({ x: "$root['a-c']" }), ["input a-b removed"]],
    ["written otherwise", writes({ x: "a + b.c" }), writes({ x: "$root['a'] + $root.b['c']" }), []],
    ["read by keys that are computed", writes({ x: "a" }), writes({ x: "$root[b]" }), []],
    ["of elements", writes({ x: "sum(map(xs, #.v))" }), writes({ x: "sum(map(xs, #.w))" }), ["input xs[].v removed"]],
    ["of an element", writes({ x: "xs[0].v" }), writes({ x: "xs[0].w" }), ["input xs[].v removed"]],
    ["of elements, filtered now", writes({ x: "map(xs, #.v)" }), writes({ x: "map(filter(xs, #.ok), #.v)" }), []],
    [
      "of what is filtered",
      writes({ x: "len(filter(xs, #.v))" }),
      writes({ x: "len(filter(xs, #.w))" }),
      ["input xs[].v removed"],
    ],
    ["of elements by a name", writes({ x: "map(xs as y, y.v)" }), writes({ x: "map(xs, #.v)" }), []],
    [
      "by a name that was an element's before",
      writes({ x: "sum(map(xs as y, y.v)) + y.a" }),
      writes({ x: "sum(map(xs as y, y.v)) + y.b" }),
      ["input y.a removed"],
    ],
    [
      "by a name that is another element's within",
      writes({ x: "map(xs as y, [map(y.ys as y, y.v), y.a])" }),
      writes({ x: "map(xs as y, [map(y.ys as y, y.v), y.b])" }),
      ["input xs[].a removed"],
    ],
    [
      "of an element behind a template that cuts a closure off",
      writes({ x: "map(ys, `${map(xs, {a: #.v})}` + #.a)" }),
      writes({ x: "map(ys, `${map(xs, {a: #.v})}` + #.b)" }),
      ["input ys[].a removed"],
    ],
    [
      "by a name behind a template that cuts a closure off",
      writes({ x: "`${map(xs as y, {a: y.v})}` + y.a" }),
      writes({ x: "`${map(xs as y, {a: y.v})}` + y.b" }),
      ["input y.a removed"],
    ],
    [
      "of elements in elements",
      writes({ x: "all(xs, all(#.ys, #.v))" }),
      writes({ x: "all(xs, all(#.ys, #.w))" }),
      ["input xs[].ys[].v removed"],
    ],
    ["of elements that another node gets", writes({ x: "all(xs, #.v)" }), writes({ x: "xs", y: "all(xs, #.w)" }), []],
    [
      "of elements in a computed list",
      writes({ x: "all(xs, #.v)" }),
      writes({ x: "all(xs ?? [], #.v) and all(xs, #.w)" }),
      [],
    ],
    [
      "of what a node before wrote",
      line({}, expressions({ ys: "1" }, { passThrough: true }), expressions({ x: "map(ys, #.v)" })),
      line({}, expressions({ ys: "1" }, { passThrough: true }), expressions({ x: "map(ys, #.w)" })),
      [],
    ],
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
      "within the elements of a part now",
      line({}, expressions({ x: "age" }, { inputField: "customers", executionMode: "loop" })),
      line({}, expressions({ x: "age" }, { inputField: "filter(customers, #.a)", executionMode: "loop" })),
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

/** A graph with one output whose input is used like this. */
const using = (expression: string) => writes({ x: expression });

describe("input fields without a schema are of the type that they are used as", () => {
  it.each<[string, object, object, string[]]>([
    ["numbers, texts or lists", using("n * 2"), using("len(n) * 2"), ["input n type_changed"]],
    ["texts or lists, numbers", using("len(n) * 2"), using("n * 2"), ["input n type_changed"]],
    ["texts, lists", using("len(split(n, ','))"), using("len(flatten(n))"), ["input n type_changed"]],
    ["of parts", using("c.n * 2"), using("len(c.n) * 2"), ["input c.n type_changed"]],
    ["objects, numbers", using("n.a * 2"), using("n * 2"), ["input n type_changed"]],
    ["in a part", writes({ x: "n * 2" }, { inputField: "c" }), using("len(c.n) * 2"), ["input c.n type_changed"]],
    ["texts or lists, lists", using("len(n) * 2"), using("sum(n)"), []],
    ["lists, texts or lists", using("sum(n)"), using("len(n) * 2"), []],
    ["numbers, perhaps texts", using("n * 2"), using("type(n) == 'string' ? len(n) : n * 2"), []],
    ["numbers, nobody knows", using("n * 2"), using("string(n) == 'a' ? 1 : 2"), []],
    ["nobody knows, numbers", using("string(n) == 'a' ? 1 : 2"), using("n * 2"), []],
    ["numbers, what cannot be", using("n * 2"), using("n * 2 + len(n)"), []],
    [
      "numbers, texts behind a switch",
      using("n * 2"),
      line({}, choice, expressions({ x: "len(n) * 2", y: "vip" })),
      [],
    ],
    [
      "numbers, texts of elements that there may be none of",
      writes({ x: "n * 2" }, { inputField: "xs", executionMode: "loop", outputPath: "all" }),
      writes({ x: "len(n) * 2" }, { inputField: "xs", executionMode: "loop", outputPath: "all" }),
      [],
    ],
    [
      "numbers, as a schema says",
      using("n * 2"),
      line({ input: object({ n: { type: "integer" } }) }, expressions({ x: "n * 2" })),
      [],
    ],
    [
      "numbers, texts as a schema says",
      using("n * 2"),
      line({ input: object({ n: text }) }, expressions({ x: "1" })),
      ["input n type_changed"],
    ],
    [
      "texts as a schema says, numbers",
      line({ input: object({ n: text }) }, expressions({ x: "1" })),
      using("n * 2"),
      ["input n type_changed"],
    ],
    [
      "texts or numbers as a schema says, numbers",
      line({ input: object({ n: { type: ["string", "number"] } }) }, expressions({ x: "1" })),
      using("n * 2"),
      [],
    ],
  ])("%s", (_, before, after, expected) => {
    expect(reasons(before, after)).toEqual(expected);
  });
});
