/** The lines of a JSON value: what is shown, what is folded, where a text occurs, and how a path is written. */
import { describe, expect, it } from "vitest";
import {
  containersFrom,
  countLines,
  describeFolded,
  findText,
  formatPath,
  idOf,
  toLines,
} from "../../components/json-view/json-lines.ts";

const VALUE = { name: "Acme", owners: [{ name: "Ada", share: 60 }, { name: "Bob" }], empty: {}, none: null };

const shown = (root: unknown, folded = new Set<string>()) =>
  toLines(root, folded).map(({ path, kind, name, more }) => [kind, name, path.length, more]);

describe("lines", () => {
  it("are those of indented JSON", () => {
    expect(shown(VALUE)).toEqual([
      ["open", undefined, 0, false],
      ["leaf", "name", 1, true],
      ["open", "owners", 1, false],
      ["open", 0, 2, false],
      ["leaf", "name", 3, true],
      ["leaf", "share", 3, false],
      ["close", undefined, 2, true],
      ["open", 1, 2, false],
      ["leaf", "name", 3, false],
      ["close", undefined, 2, false],
      ["close", undefined, 1, true],
      ["leaf", "empty", 1, true],
      ["leaf", "none", 1, false],
      ["close", undefined, 0, false],
    ]);
    expect(toLines(VALUE, new Set())).toHaveLength(JSON.stringify(VALUE, null, 2).split("\n").length);
    expect(countLines(VALUE, 1_000)).toBe(14);
    expect(countLines(VALUE, 5)).toBe(5);
  });

  it("of folded parts are one each", () => {
    expect(shown(VALUE, new Set([idOf(["owners"])])).map(([kind, name]) => [kind, name])).toEqual([
      ["open", undefined],
      ["leaf", "name"],
      ["folded", "owners"],
      ["leaf", "empty"],
      ["leaf", "none"],
      ["close", undefined],
    ]);
    expect(shown(VALUE, containersFrom(VALUE, 0))).toEqual([["folded", undefined, 0, false]]);
    expect([...containersFrom(VALUE, 1)]).toEqual([idOf(["owners"]), idOf(["owners", 0]), idOf(["owners", 1])]);
    expect([...containersFrom({ few: [1], many: [1, 2, 3] }, 2, 2)]).toEqual([idOf(["many"])]);
    expect([describeFolded(VALUE.owners), describeFolded({ a: 1 })]).toEqual(["2 items", "1 field"]);
  });

  it("have ids that no names can confuse", () => {
    const odd = { a: { b: 1 }, "a.b": 2, "a]": 3, "": { "": 4 } };
    const ids = toLines(odd, new Set()).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each([[5], ["text"], [null], [[]], [{}]])("of %j are one", (value) => {
    expect(toLines(value, new Set())).toMatchObject([{ kind: "leaf", value }]);
  });
});

describe("search", () => {
  it("finds names and plain values whatever their case, in their order, up to a number", () => {
    expect(findText(VALUE, "NAME", 10)).toEqual([["name"], ["owners", 0, "name"], ["owners", 1, "name"]]);
    expect(findText(VALUE, "ad", 10)).toEqual([["owners", 0, "name"]]);
    expect(findText(VALUE, "6", 10)).toEqual([["owners", 0, "share"]]);
    expect(findText(VALUE, "null", 10)).toEqual([["none"]]);
    expect(findText(VALUE, "name", 2)).toHaveLength(2);
    expect(findText(VALUE, "", 10)).toEqual([]);
  });
});

describe("paths", () => {
  it("are written as expressions write them", () => {
    expect(formatPath(["owners", 0, "name"], "input")).toBe("input.owners[0].name");
    expect(formatPath(["odd name", "x"], "output")).toBe('output["odd name"].x');
    expect(formatPath([2, "a"], "")).toBe("[2].a");
    expect(formatPath(["a"], "")).toBe("a");
  });
});
