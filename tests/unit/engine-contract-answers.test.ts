/** Which changes of what expressions answer break those who call the engine, where no schema says what they answer. */
import { describe, expect, it } from "vitest";
import { reasons } from "../fixtures/contract-reasons.ts";
import { expressions, line, object, table, writes } from "../fixtures/graph-lines.ts";

/** The reasons on the side of the output, for expressions whose answer is the field `v`. */
function outputReasons(before: object | string, after: object | string): string[] {
  const [old, now] = [before, after].map((graph) => (typeof graph === "string" ? writes({ v: graph }) : graph));
  return reasons(old, now).filter((reason) => reason.startsWith("output"));
}

const cell = (text: string) => line({}, table({ x: "" }, { v: [text] }));
const CHANGED = ["output v type_changed"];

describe("sums are of one type where one operand tells it", () => {
  it.each<[object | string, object | string, string[]]>([
    ["n + 1", "string(n)", CHANGED],
    ["(n+1)*2+n", "string(n)", CHANGED],
    ["n + m*2", "'s'", CHANGED],
    ["len(s)+n", "true", CHANGED],
    ["sum(xs)+n", "'s'", CHANGED],
    ["'a' + n", "n * 2", CHANGED],
    ["date(n) + m", "'s'", CHANGED],
    [cell("n + 1"), cell("string(n)"), CHANGED],
    [writes({ t: "n*2", v: "$.t" }), writes({ t: "n*2", v: "string($.t)" }), CHANGED],
    [writes({ "t.q": "n*2", v: "$.t.q + m" }), writes({ "t.q": "n*2", v: "'s'" }), CHANGED],
    [writes({ t: "{q: n*2}", v: "$['t'].q" }), writes({ t: "{q: n*2}", v: "'s'" }), CHANGED],
    ["n + 1", "n * 2", []],
    ["n + 1", "n", []],
    ["n + m", "n * m", []],
    ["n * m", "n + m", []],
    ["n + m", "string(n)", []],
    [writes({ v: "$.t", t: "1" }), writes({ v: "'s'", t: "1" }), []],
    [writes({ t: "n", v: "$.t" }), writes({ t: "n", v: "'s'" }), []],
  ])("%j, %j", (before, after, expected) => {
    expect(outputReasons(before, after)).toEqual(expected);
  });
});

describe("literals tell what is in them", () => {
  it.each<[object | string, object | string, string[]]>([
    ["{a: n*2, b: n}", "{b: n}", ["output v.a removed"]],
    ["{a: n*2}", "{a: string(n)}", ["output v.a type_changed"]],
    ["[n*2]", "[string(n)]", ["output v[] type_changed"]],
    ["[{a: n, 'b': n}]", "[{a: n}]", ["output v[].b removed"]],
    ["{a: {b: [{c: n}]}}", "{a: {b: [{d: n}]}}", ["output v.a.b[].c removed"]],
    ["x ? {a: 1, b: 2} : {a: 1}", "x ? {a: 1} : {a: 2}", ["output v.b removed"]],
    ["{a: 1}", "{a: x ? 1 : null}", ["output v.a type_changed"]],
    ["[1]", "[1, 'a']", ["output v[] type_changed"]],
    ["{a: 1, a: 'x'}", "{a: 'x'}", ["output v.a type_changed"]],
    [cell("{a: 1, b: 2}"), cell("{a: 1}"), ["output v.b removed"]],
    [writes({ v: "{a: n*2, b: n}" }), writes({ "v.b": "n" }), ["output v.a removed"]],
    [writes({ "v.a": "1", v: "{b: n}" }), writes({ v: "{b: n}" }), []],
    [writes({ v: "{b: n}", "v.a": "1" }), writes({ v: "{b: n}" }), ["output v.a removed"]],
    [
      line({}, expressions({ v: "{a: 1}" }), expressions({ v: "{b: 1}" }, { passThrough: true })),
      line({}, expressions({}), expressions({ v: "{b: 1}" }, { passThrough: true })),
      ["output v.a removed"],
    ],
    [
      line({ output: object({ v: object({ a: { type: "number" } }) }) }, expressions({ x: "1" })),
      "{a: 'x'}",
      ["output v.a type_changed"],
    ],
    ["{a: n, b: n}", "{b: n, a: m, c: 1}", []],
    ["{a: n*2}", "{a: n}", []],
    ["{a: n, b: n}", "x", []],
    ["{a: n}", "x ? {b: n} : y", []],
    ["{a: n, b: n}", "{[k]: n}", []],
    ["{a: 1}", "{[k]: 'x', a: 'y'}", []],
    ["{a: 1}", "{...o, a: 'y'}", []],
    ["[{a: 1}]", "filter(xs, #.a)", []],
    ["[{a: 1}]", "[]", []],
    ["[]", "[{a: 1}]", []],
    ["[1, 'a',]", "['a', 1]", []],
    ["[1, 'a']", "[1]", []],
    ["{a: 1}", "{".repeat(80) + "}".repeat(80), []],
    [`${"{a:".repeat(80)}1${"}".repeat(80)}`, `${"{a:".repeat(80)}'1'${"}".repeat(80)}`, []],
  ])("%j, %j", (before, after, expected) => {
    expect(outputReasons(before, after)).toEqual(expected);
  });
});
