/** What the JSON editor knows about a text: where it stops being JSON, where a path stands, and how it is laid out. */
import { jsonLanguage } from "@codemirror/lang-json";
import { describe, expect, it } from "vitest";
import { formatJson } from "../../components/json-editor/json-format.ts";
import { pathAt, placeOfPath } from "../../components/json-editor/json-path.ts";
import { readJson } from "../../components/json-editor/json-text.ts";

describe("the first mistake", () => {
  it.each([
    ["", 0, "Expected a value, but the text ends here"],
    ['{"a": 1,}', 7, "No comma may stand before }"],
    ['{"a": 1 "b": 2}', 8, "Expected a comma or } instead of a text"],
    ['{"a" 1}', 5, "Expected a colon instead of “1”"],
    ["{a: 1}", 1, "Expected a field name in quotation marks instead of “a”"],
    ['[1, tru, "x"]', 4, "Expected a value instead of “tru”"],
    ['{"a": "b\n}', 6, "The text does not end on its line; close it with a quotation mark"],
    ['{"a": "c:\\dir"}', 9, "A text cannot hold this escape; write a backslash as \\\\"],
    ["{} x", 3, "Nothing may follow the value"],
    ["[01]", 1, "Expected a value instead of “01”"],
    ["[".repeat(5_000), 1_001, "The value is nested too deeply"],
  ])("of %j is at %d", (text, offset, message) =>
    expect(readJson(text)).toEqual({ ok: false, problem: { offset, message } }),
  );

  it("is found wherever a good text is cut or a character of it is lost", () => {
    const good = '{"nodes": [{"id": "a\\n", "x": -1.5e3}, null, [true, {}]], "edges": []}';
    expect(readJson(good)).toEqual({ ok: true, value: JSON.parse(good) });
    for (let cut = 0; cut < good.length; cut++) {
      for (const text of [good.slice(0, cut), good.slice(0, cut) + good.slice(cut + 1)]) {
        const read = readJson(text);
        if (read.ok) expect(read.value).toEqual(JSON.parse(text));
        else expect(read.problem.offset).toBeLessThanOrEqual(text.length);
      }
    }
  });
});

describe("paths", () => {
  const text = JSON.stringify({
    nodes: [
      { id: "in", type: "inputNode" },
      { id: "t", name: "Limits", content: { rules: [{ "applicant.age": "> 18", "a[0].b": "x", a: { b: 1 } }] } },
    ],
    edges: [],
  });
  const tree = jsonLanguage.parser.parse(text);
  const slice = (from: number, to: number) => text.slice(from, to);
  const marked = (path: string) => {
    const { from, to } = placeOfPath(tree, slice, path);
    return text.slice(from, to);
  };

  it.each([
    ["nodes[0].type", '"inputNode"'],
    ["nodes[1]", '"Limits"'],
    ["nodes[0]", '"in"'],
    ["nodes[1].content.rules", '"rules"'],
    ["nodes[1].content.rules[0].applicant.age", '"> 18"'],
    ["nodes[1].content.rules[0].a[0].b", '"x"'],
    ["nodes[1].content.rules[0].a.b", "1"],
    ["nodes[1].content.rules[0].missing", "{"],
    ["nodes[9].content", '"nodes"'],
    ["edges", '"edges"'],
    ["", "{"],
  ])("%s marks %s", (path, expected) => expect(marked(path)).toBe(expected));

  it("a place belongs to the path that leads to it", () => {
    for (const path of ["nodes[0].type", "nodes[1].content.rules[0].applicant.age", "nodes[1].name"]) {
      expect(pathAt(tree, slice, placeOfPath(tree, slice, path).from + 1)).toBe(path);
    }
    expect(pathAt(tree, slice, 0)).toBe("");
  });

  it("lead somewhere while the text is not quite JSON", () => {
    const broken = '{"nodes": [{"id": "a", "type": }, {"id": "b"';
    const { from, to } = placeOfPath(
      jsonLanguage.parser.parse(broken),
      (start, end) => broken.slice(start, end),
      "nodes[1].id",
    );
    expect(broken.slice(from, to)).toBe('"b"');
  });
});

describe("layout", () => {
  it("writes a rule, an edge, an expression on one line, and keeps numbers and texts as they are", () => {
    const text =
      '{"nodes":[{"id":"t","content":{"rules":[{"a":"> 1","b":""},{"a":"","b":"2"}],"n":12345678901234567890,"s":"\\u00e9\\n"}}],"edges":[],"o":{}}';
    expect(formatJson(text)).toBe(`{
  "nodes": [
    {
      "id": "t",
      "content": {
        "rules": [
          { "a": "> 1", "b": "" },
          { "a": "", "b": "2" }
        ],
        "n": 12345678901234567890,
        "s": "\\u00e9\\n"
      }
    }
  ],
  "edges": [],
  "o": {}
}`);
  });

  it("changes nothing when it is done again, and refuses what is not JSON", () => {
    const text = JSON.stringify({ a: ["x".repeat(200), { b: [] }], c: { d: { e: 1 } }, f: [[1, 2], []] });
    const once = formatJson(text);
    expect(formatJson(once)).toBe(once);
    expect(JSON.parse(once)).toEqual(JSON.parse(text));
    expect(() => formatJson("{a:1}")).toThrow(SyntaxError);
  });
});
