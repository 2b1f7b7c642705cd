/** What the words of an expression tell without evaluating it. */
import { describe, expect, it } from "vitest";
import { readsOf } from "../../lib/engines/expression-reads.ts";
import { shapeOfAnswer } from "../../lib/engines/expression-shape.ts";
import { Effort } from "../../lib/engines/shape.ts";

/** As people write paths; `!` behind what is read as a whole, so that anything in it may be read. */
const readIn = (expression: string, mark = "") =>
  readsOf(expression).map(({ path, isWhole }) => path.join(".").replaceAll(".[]", "[]") + (isWhole ? mark : ""));

describe("an expression", () => {
  it.each<[string, string[]]>([
    ["a", ["a"]],
    ["a.b.c + d?.e", ["a.b.c", "d.e"]],
    ["list[0].name + list[i]", ["list[].name", "list", "i"]],
    ["'text a' + \"b c\"", []],
    ["`total ${sum.x} of ${n}, ${'}'}`", ["sum.x", "n"]],
    ["len(items) > 3 and not (x in [y, 1])", ["items", "x", "y"]],
    ["map(owners, #.percent + rate)", ["owners", "owners[].percent", "rate"]],
    ["map(owners as o, o.percent)", ["owners", "owners[].percent"]],
    ["a['b'] + a[\"c\"].d + $root['a-b'] + $root.e", ["a.b", "a.c.d", "a-b", "e"]],
    ["$root", [""]],
    ["$root[key]", ["", "key"]],
    ["a['b\\'] + a['", ["a"]],
    ["all(xs, some(#.ys, #.v and #['w']) or #.z)", ["xs", "xs[].ys", "xs[].ys[].v", "xs[].ys[].w", "xs[].z"]],
    ["map(xs, `${#.v} of ${n}`)", ["xs", "xs[].v", "n"]],
    ["sum(map(filter(xs, #.ok), #.v))", ["xs", "xs[].ok", "xs[].v"]],
    ["map(filter(a.xs as x, x.ok) as y, y.v)", ["a.xs", "a.xs[].ok", "a.xs[].v"]],
    ["map([1, 2], # * rate) + #.v", ["rate"]],
    ["$.x + $root.y + $nodes.Other.z + $", ["y"]],
    ["b = a * 2; b + 1", ["a"]],
    ["{code: c, 'k': k, [n]: 1}", ["c", "k", "n"]],
    ["x ? y : z", ["x", "y", "z"]],
    ["x ? {y: z} : {z: y}", ["x", "z", "y"]],
    ["d(date).add('1d').format('%Y')", ["date"]],
    ["date.format('%Y')", ["date"]],
    ["true and false or null", []],
    ["größe.übergröße", ["größe.übergröße"]],
    ["[1..5]", []],
    ["> limit", ["limit"]],
    ["a +", ["a"]],
    ["))) ${ ` ' \"", []],
  ])("%s reads %j", (expression, expected) => {
    expect(readIn(expression).sort()).toEqual(expected.sort());
  });

  it.each<[string, string[]]>([
    ["len(xs) > 0 and xs != null and all(xs, #.ok)", ["xs", "xs[].ok!"]],
    ["len(filter(xs, #.ok))", ["xs", "xs[].ok!"]],
    ["filter(xs, #.ok)", ["xs", "xs[].ok!", "xs[]!"]],
    ["xs ?? ys", ["xs!", "ys!"]],
    ["map(xs ?? [], #.v)", ["xs!"]],
    ["filter(xs, #.ok)[0].v", ["xs!", "xs[].ok!", "xs[]!"]],
    ["xs[i].v", ["xs!", "i!"]],
    ["ys = xs; map(ys, #.v) + len(z)", ["xs!", "z!"]],
    ["len(date).format('%Y')", ["date"]],
  ])("%s may read more of %j", (expression, expected) => {
    expect(readIn(expression, "!").sort()).toEqual(expected.sort());
  });

  it.each<[string, string[] | undefined]>([
    ["n * 2", ["number"]],
    ["2 - n", ["number"]],
    ["-n", ["number"]],
    ["n + 1", ["number"]],
    ["m + 1 + n", ["number"]],
    ["n >= 18", ["number"]],
    ["n + 'a'", ["string"]],
    ["`a` + n", ["string"]],
    ["upper(n)", ["string"]],
    ["startsWith(n, m)", ["string"]],
    ["len(n) * 2", ["array", "string"]],
    ["sum(n)", ["array"]],
    ["len(n) + sum(n)", ["array"]],
    ["n * 2 + len(n)", []],
    ["n", undefined],
    ["n + m", undefined],
    ["n == 1", undefined],
    ["string(n)", undefined],
    ["d(m).add(n)", undefined],
    ["x.abs(n)", undefined],
    ["startsWith(m, n)", undefined],
    ["n[0] * 2", undefined],
    ["n.format('a') * 2", undefined],
    ["m > 1 ? n * 2 : 0", undefined],
    ["(m and n > 2) ? 1 : 2", undefined],
    ["n ?? 1 * n", undefined],
    ["map(xs, n * 2)", undefined],
    ["`${n * 2}`", undefined],
    ["m = 1; n * 2", undefined],
  ])("%s needs an n that is %j", (expression, expected) => {
    const uses = readsOf(expression).find(({ path }) => path.join() === "n")?.uses;
    expect(uses && [...uses].sort()).toEqual(expected);
  });

  it.each<[string, string[] | undefined]>([
    ["1", ["number"]],
    ["1.5e3", ["number"]],
    ["-1", ["number"]],
    ["'a'", ["string"]],
    ["`a ${b}`", ["string"]],
    ["true", ["boolean"]],
    ["null", undefined],
    ["[1, 2]", ["array"]],
    ["[1..2]", undefined],
    ["{a: 1}", ["object"]],
    ["[1, 2][0]", undefined],
    ["{a: 1}.a", undefined],
    ["a", undefined],
    ["a > 1 and b", ["boolean"]],
    ["not a", ["boolean"]],
    ["x in [1]", ["boolean"]],
    ["a * b", ["number"]],
    ["a + b", undefined],
    ["1 + 2 + 3", ["number"]],
    ["'a' + b + 'c'", ["string"]],
    ["a + 1", ["number"]],
    ["a + b * 2", ["number"]],
    ["(a + 1) * 2 + b", ["number"]],
    ["len(a) + b", ["number"]],
    ["a + 'b'", ["string"]],
    ["1 + 'b'", undefined],
    ["a + (b ? 1 : 'c')", ["number", "string"]],
    ["!a", ["boolean"]],
    ["date(a)", ["number"]],
    ["$.a", undefined],
    ["round(a / b) * 2", ["number"]],
    ["len(a)", ["number"]],
    ["len(a) > 1", ["boolean"]],
    ["filter(a, # > 1)", ["array"]],
    ["min([a])", undefined],
    ["constructor(1)", undefined],
    ["a ? 'x' : 'y'", ["string"]],
    ["a ? 'x' : 1", ["number", "string"]],
    ["a ? b ? 1 : 2 : c ? 3 : 4", ["number"]],
    ["a ? 'x' : null", ["string"]],
    ["a ? b : 1", undefined],
    ["a ?? 1", undefined],
    ["'a' ?? 'b'", ["string"]],
    ["x = 1; 'a'", ["string"]],
    ["(1)", ["number"]],
    ["('a') + ('b')", ["string"]],
    ["a ?", undefined],
    ["", undefined],
    ["(".repeat(4_000), undefined],
    ["a ? 1 : ".repeat(900) + "1", ["number"]],
    ["a ? ".repeat(900) + "1" + " : 1".repeat(900), undefined],
    ["a : 1", undefined],
  ])("%s answers %j", (expression, expected) => {
    const types = shapeOfAnswer(expression, new Effort())?.types;
    expect(types && [...types].sort()).toEqual(expected);
  });
});

it("quotes that do not end are read once, not from each of them again", () => {
  expect(readIn(`age + "${'\\"'.repeat(500_000)}`)).toEqual(["age"]);
});
