/** Bodies become values within limits, and what is wrong is named with its place. */
import { describe, expect, test } from "vitest";
import { isApiError } from "../../lib/errors.ts";
import { MAX_BODY_BYTES, parseJsonBody, parseJsonText, readBody, readJson } from "../../lib/http/json-input.ts";
import { findJsonProblem, MAX_DEPTH, topLevelMembers } from "../../lib/http/json-scan.ts";

function refusal(work: () => unknown): { code: string; path: string | undefined; message: string } {
  try {
    work();
  } catch (error) {
    if (!isApiError(error)) throw error;
    return { code: error.code, path: error.details?.[0]?.path, message: error.message };
  }
  throw new Error("nothing was refused");
}

const nested = (levels: number) => `{"input":${"[".repeat(levels)}${"]".repeat(levels)}}`;

describe("good bodies", () => {
  test.each([
    ['{"input":{"a":[1,2.5,-3e2,true,false,null,"x"]}}'],
    ['{"input":"\\ud83d\\ude00 and \\\\u0000 spelled out"}'],
    ['{"input":"1e999 and 5e400 in text"}'],
    ['{"input":1e308,"offerings":[1E-999, 0.000e+0001]}'],
    [`{"input":${"9".repeat(300)}}`],
    [`{"input":[${'{"a":[{"b":1}]},'.repeat(200)}1]}`],
    ['{"input":"[[[[{{{{\\"[["}'],
    [' \r\n\t{ "input" : [ ] } '],
  ])("%s is what JSON.parse says", (text) => {
    expect(parseJsonText(text)).toEqual(JSON.parse(text));
    expect(findJsonProblem(text)).toBeNull();
  });

  test("a blank body counts as {}", () => {
    expect(parseJsonText("")).toEqual({});
    expect(parseJsonBody(Buffer.from(" \n"))).toEqual({});
  });

  test("nesting of exactly the limit is accepted", () => {
    expect(parseJsonText(nested(MAX_DEPTH))).toEqual(JSON.parse(nested(MAX_DEPTH)));
  });

  test("a key __proto__ changes no prototype", () => {
    const value = parseJsonText(
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    ) as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe("what breaks a rule is refused with its path", () => {
  test.each([
    ['{"input":{"a":"x\\u0000y"}}', "input.a", "NUL"],
    ['{"input":{"a\\u0000":1}}', "input", "NUL"],
    ['{"input":[{"name":"\\ud800"}]}', "input.0.name", "surrogate"],
    ['{"input":[0,"\\udc00 first"]}', "input.1", "surrogate"],
    ['{"input":{"\\ud83dx":1}}', "input", "surrogate"],
    ['{"input":{"n":1e999}}', "input.n", "too large"],
    ['{"input":{"n":-1E+400}}', "input.n", "too large"],
    [`{"input":{"n":${"9".repeat(400)}}}`, "input.n", "too large"],
    [`{"input":{"n":${"9".repeat(250)}e99}}`, "input.n", "too large"],
    [nested(MAX_DEPTH + 1), `input${".0".repeat(MAX_DEPTH)}`, "nested"],
  ])("%s", (text, path, message) => {
    const refused = refusal(() => parseJsonText(text));
    expect(refused).toMatchObject({ code: "invalid_request", path });
    expect(refused.message).toContain(message);
  });

  test("20,000 levels are refused, open or closed, in arrays or objects, and blow no stack", () => {
    for (const text of ["[".repeat(20_000), nested(20_000), `{"input":${'{"a":'.repeat(20_000)}`]) {
      const refused = refusal(() => parseJsonText(text));
      expect(refused.code).toBe("invalid_request");
      expect(refused.message).toContain("nested more than 64 deep");
      expect(refused.path!.length).toBeLessThan(300);
    }
  });
});

describe("broken JSON is refused with line and column", () => {
  test.each([
    ['{"input":}', "line 1, column 10"],
    ['{"input":1,}', "line 1, column 12"],
    ['{"input":1', "ends too early at line 1, column 11"],
    ['{\n  "input": [1 2]\n}', "line 2, column 15"],
    ['{"input":01}', "line 1, column 11"],
    ["{'input':1}", "line 1, column 2"],
    ['{"input":"a\nb"}', "line 1, column 12"],
    ['{"input":"\\x"}', "line 1, column 11"],
    ['{"input":NaN}', "line 1, column 10"],
    ['{"input":1}{"input":2}', "line 1, column 12"],
    ['{"input":-}', "line 1, column 10"],
    ["]", "line 1, column 1"],
  ])("%s", (text, place) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    const refused = refusal(() => parseJsonText(text));
    expect(refused).toMatchObject({ code: "invalid_request", path: "body" });
    expect(refused.message).toContain(place);
  });

  test("bytes that are not UTF-8", () => {
    expect(refusal(() => parseJsonBody(Buffer.from([0x22, 0xff, 0x22])))).toMatchObject({
      code: "invalid_request",
      message: "body: is not UTF-8",
    });
  });

  test("the exact scan agrees with JSON.parse on every way to cut and to damage a text", () => {
    const text = '{"a":[1,-2.5e3,"\\u00e9\\n",{"b":null}],"c":{"d":true,"":false}}';
    const variants: string[] = [];
    for (let at = 0; at < text.length; at++) {
      variants.push(text.slice(0, at), text.slice(at));
      for (const char of ',}]":1 \\') variants.push(text.slice(0, at) + char + text.slice(at + 1));
    }
    for (const variant of variants) {
      let parses = true;
      try {
        JSON.parse(variant);
      } catch {
        parses = false;
      }
      expect([variant, findJsonProblem(variant) === null]).toEqual([variant, parses]);
    }
  });
});

describe("bodies of Fetch requests", () => {
  test("more than 1 MiB is refused without being read to its end", async () => {
    let pulled = 0;
    const body = new ReadableStream({
      pull(controller) {
        pulled += 65_536;
        controller.enqueue(new Uint8Array(65_536));
        if (pulled >= 10 * MAX_BODY_BYTES) controller.close();
      },
    });
    const request = new Request("http://x", { method: "POST", body, duplex: "half" } as RequestInit);
    await expect(readBody(request)).rejects.toMatchObject({ code: "payload_too_large" });
    expect(pulled).toBeLessThan(2 * MAX_BODY_BYTES);
  });

  test("exactly 1 MiB is read", async () => {
    const text = `{"a":"${"x".repeat(MAX_BODY_BYTES - 8)}"}`;
    expect(await readJson(new Request("http://x", { method: "POST", body: text }))).toEqual(JSON.parse(text));
  });
});

test("members keep the text that was sent: digits, spaces and order, the last of equal names", () => {
  const text =
    ' { "engine_version" : "1.3", "input":{"n": 12345678901234567890.10,"t":"a\\"},{b"} , "input" : [1 ,{"x":2}] } ';
  expect([...topLevelMembers(text)]).toEqual([
    ["engine_version", '"1.3"'],
    ["input", '[1 ,{"x":2}]'],
  ]);
  expect(topLevelMembers("{}").size).toBe(0);
});
