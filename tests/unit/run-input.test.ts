/** The short look at a submitted body and the exact one agree on everything. */
import { describe, expect, test } from "vitest";
import { findMembers } from "../../lib/http/json-members.ts";
import { findJsonProblem, MAX_DEPTH, topLevelMembers } from "../../lib/http/json-scan.ts";
import { prepareInput } from "../../lib/runs/run-input.ts";
import { seededRandom } from "../fixtures/random.ts";

/** Members by name, the last of equal ones; undefined where the text was not accepted. */
function membersOf(text: string): Map<string, string> | undefined {
  const bytes = Buffer.from(text);
  const found = findMembers(bytes);
  if (!found) return undefined;
  return new Map(
    found.map((member) => [
      JSON.parse(`"${bytes.toString("utf8", member.nameStart, member.nameEnd)}"`) as string,
      bytes.toString("utf8", member.start, member.end),
    ]),
  );
}

/** What it accepts is an object that breaks no rule, and its members are the exact scan's. */
function expectAgreement(cut: string): void {
  // half of a pair, cut by the test itself, has no bytes
  const text = cut.toWellFormed();
  const found = membersOf(text);
  if (found === undefined) return;
  expect([text, findJsonProblem(text)]).toEqual([text, null]);
  expect(JSON.parse(text)).toBeTypeOf("object");
  expect([text, [...found]]).toEqual([text, [...topLevelMembers(text)]]);
}

const ORDINARY = [
  "{}",
  '{"a":"\\ud83d\\ude00","b":[1e300,-1E-400,1.5e+0000001],"\\u00fc":0}',
  ' \n{ "a" : 1 , "b":[ ] , "c" : { } }\t\r\n',
  '{"a":-0.5e-7,"b":[1,2.25,[[]],{"x":{"y":null}}],"c":"é\\n\\"\\\\\\/\\u00e9","d":true,"e":false}',
  '{"a":{"b":{"c":[1,{"d":"}]"}]}},"":0,"a":"again"}',
  `{"input":${'{"a":['.repeat(MAX_DEPTH / 2)}1${"]}".repeat(MAX_DEPTH / 2)}}`,
];

describe("bodies", () => {
  test.each(ORDINARY)("%s is taken by the short look", (text) => {
    expect(membersOf(text)).toBeDefined();
    expectAgreement(text);
  });

  test.each([
    "",
    "[]",
    '"text"',
    "null",
    "{",
    '{"a":1}x',
    '{"a":1,}',
    '{"a" 1}',
    "{'a':1}",
    '{"a":01}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":+1}',
    '{"a":1e}',
    '{"a":tru}',
    '{"a":"\\x"}',
    '{"a":"\t"}',
    '{"a":[1}',
    '{"a":{]}',
    '{"a":"\\u0000"}',
    '{"a":"\\ud800"}',
    '{"a":"\\ud800\\u0041"}',
    '{"a":"\\udc00\\ud800"}',
    '{"a":"\\ud83dx"}',
    '{"a":1e999}',
    `{"a":${"9".repeat(400)}}`,
    `{"a":${"[".repeat(MAX_DEPTH + 1)}${"]".repeat(MAX_DEPTH + 1)}}`,
    `{"a":${"[".repeat(20_000)}`,
  ])("%s is not", (text) => {
    expect(membersOf(text)).toBeUndefined();
  });

  test("cut and damaged in every place, it is accepted only where the exact look accepts it", () => {
    for (const text of ORDINARY.slice(0, 5)) {
      for (let at = 0; at <= text.length; at++) {
        expectAgreement(text.slice(0, at));
        for (const char of ',:{}[]"\\0-.e+ tu\n') {
          expectAgreement(text.slice(0, at) + char + text.slice(at));
          expectAgreement(text.slice(0, at) + char + text.slice(at + 1));
        }
      }
    }
  });

  test("made at random, good ones are taken and bad ones are not", () => {
    const random = seededRandom();
    const value = (depth: number): unknown => {
      const kind = random.integer(0, depth > 4 ? 4 : 6);
      if (kind === 0) return random.pick([null, true, false]);
      if (kind === 1) return random.pick([0, -1, 12.5, 1e21, -2.5e-9, 9007199254740991]);
      if (kind < 5) return random.pick(["", "text", 'quo"te', "back\\slash", "new\nline", "é😀", "\u0001\u001f", "/"]);
      const items = Array.from({ length: random.integer(0, 4) }, () => value(depth + 1));
      return kind === 5
        ? items
        : Object.fromEntries(items.map((item, n) => [random.pick(["a", "b", `k${n}`, "ü", "__proto__"]), item]));
    };
    for (let n = 0; n < 3_000; n++) {
      const text = JSON.stringify({ input: value(0), offerings: [value(0)] }, null, random.pick([undefined, 1, "\t"]));
      expect([text, membersOf(text) === undefined]).toEqual([text, false]);
      expectAgreement(text);
      const at = random.integer(0, text.length - 1);
      expectAgreement(
        text.slice(0, at) + random.pick([...',:{}[]"\\0-.eE+ nu']) + text.slice(at + random.integer(0, 2)),
      );
    }
  });
});

const prepare = (text: string) => {
  const prepared = prepareInput(Buffer.from(text));
  return prepared.ok
    ? {
        body: Buffer.from(prepared.body).toString(),
        version: prepared.version,
        ...(prepared.tags && { tags: prepared.tags }),
      }
    : { code: prepared.refusal.code, path: prepared.refusal.details?.[0]?.path };
};

describe("what is prepared", () => {
  test.each([
    ['{"input":{"n": 1.50}}', { body: '{"input":{"n": 1.50}}', version: null }],
    ['{"input":1,"engine_version":"1.x"}', { body: '{"input":1}', version: "1.x" }],
    [
      '{"engine_version" : "1.3", "offerings":[1 ] , "input":1}',
      { body: '{"input":1,"offerings":[1 ]}', version: "1.3" },
    ],
    // an ordinary look is not enough for these, and the exact one finds nothing wrong
    ['{"inp\\u0075t":1e-300}', { body: '{"inp\\u0075t":1e-300}', version: null }],
    ['{"input":"\\ud83d\\ude00","engine_version":"\\u0031.0"}', { body: '{"input":"\\ud83d\\ude00"}', version: "1.0" }],
    ['{"input":1,"input":2}', { body: '{"input":1,"input":2}', version: null }],
    ['{"input":1,"engine_version":"7","engine_version":"1.0"}', { body: '{"input":1}', version: "1.0" }],
    ['{"input": 1.0,"tags":["a","b","a"]}', { body: '{"input":1.0}', version: null, tags: ["a", "b"] }],
    ['{"input":1,"tags":[ ]}', { body: '{"input":1}', version: null }],
    [
      '{"tags":["\\u0061"],"offerings":[],"engine_version":"1.x","inp\\u0075t":{}}',
      { body: '{"input":{},"offerings":[]}', version: "1.x", tags: ["a"] },
    ],
  ])("%s", (text, expected) => {
    expect(prepare(text)).toEqual(expected);
  });

  test.each([
    ["[]", "invalid_request", "body"],
    ["{}", "invalid_request", "input"],
    ['{"offerings":[]}', "invalid_request", "input"],
    ['{"input":1,"offerings":{}}', "invalid_request", "offerings"],
    ['{"input":1,"offerings":null}', "invalid_request", "offerings"],
    ['{"input":1,"engine_version":1}', "invalid_request", "engine_version"],
    ['{"input":1,"engine_version":null}', "invalid_request", "engine_version"],
    ['{"input":1,"engine_version":"1"}', "invalid_engine_version", "engine_version"],
    ['{"input":1,"engine_version":"1.0\\n"}', "invalid_engine_version", "engine_version"],
    ['{"input":1,"tags":"a"}', "invalid_request", "tags"],
    ['{"input":1,"tags":["a","b c"]}', "invalid_request", "tags.1"],
    ['{"input":1,"engine_version":"1","tags":0}', "invalid_engine_version", "engine_version"],
    ['{"input":1,"environment":"dev"}', "invalid_request", "environment"],
    ['{"input":1,"__proto__":{}}', "invalid_request", "__proto__"],
  ])("%s is refused", (text, code, path) => {
    expect(prepare(text)).toEqual({ code, path });
  });
});
