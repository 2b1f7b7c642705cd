/** What a JSON text is said to take as objects is never less than it takes: held against the engine's own heap. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isTooLargeToParse, parsedSize } from "../../lib/http/parsed-size.ts";

const MEGABYTE = 1 << 20;
/** What the engine itself may need meanwhile. */
const SLACK = 128 << 10;

let heap: ChildProcess;
beforeAll(() => {
  const path = join(import.meta.dirname, "../fixtures/heap-of-json.ts");
  heap = fork(path, {
    execArgv: ["--expose-gc", "--max-old-space-size=400"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
});
afterAll(() => heap.kill());

async function heapOf(text: string): Promise<number> {
  const answer = once(heap, "message") as Promise<[{ bytes: number }]>;
  heap.send(text);
  return (await answer)[0].bytes;
}

/** A list or an object of a megabyte. */
function filled(around: "[]" | "{}", entry: (index: number) => string): string {
  const entries: string[] = [];
  for (let length = 2; ;) {
    const next = entry(entries.length);
    length += next.length + 1;
    if (length > MEGABYTE) return around[0]! + entries.join(",") + around[1]!;
    entries.push(next);
  }
}

const object = (names: readonly string[], value = "1") => `{${names.map((name) => `"${name}":${value}`).join(",")}}`;
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);
/** Names that no other object has. */
const ownNames = (of: string, count: number) => (index: number) =>
  object(upTo(count).map((n) => of + (count * index + n).toString(36)));

/** The letters in another order each time: the names are few, and their orders are many. */
function shuffled(count: number) {
  let state = 1;
  return (): string => {
    const letters = upTo(count).map((n) => String.fromCharCode(97 + n));
    for (let at = count - 1; at > 0; at -= 1) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      const other = (state >>> 8) % (at + 1);
      [letters[at], letters[other]] = [letters[other]!, letters[at]!];
    }
    return object(letters);
  };
}

test.each([
  ["one long text", `"${"x".repeat(MEGABYTE - 2)}"`],
  ["one long text of wide characters", `"ф${"x".repeat(MEGABYTE - 4)}"`],
  ["empty objects", filled("[]", () => "{}")],
  ["empty lists", filled("[]", () => "[]")],
  ["lists of one number", filled("[]", () => "[1]")],
  ["numbers", filled("[]", () => "1")],
  ["fractions among objects", filled("[]", (n) => (n === 0 ? "{}" : "1.5"))],
  ["short texts", filled("[]", (n) => `"${n.toString(36)}"`)],
  ["one object of many names", filled("{}", (n) => `"m${n.toString(36)}":0.5`)],
  ["one object of many names for objects", filled("{}", (n) => `"o${n.toString(36)}":{}`)],
  ["objects of one name of their own", filled("[]", ownNames("p", 1))],
  ["objects of five names of their own", filled("[]", ownNames("q", 5))],
  ["objects of 20 names of their own", filled("[]", ownNames("r", 20))],
  ["objects of 100 names of their own", filled("[]", ownNames("s", 100))],
  ["objects of 200 names of their own", filled("[]", ownNames("t", 200))],
  ["8 names in many orders", filled("[]", shuffled(8))],
  ["20 names in many orders", filled("[]", shuffled(20))],
  ["objects in objects of a name of their own", filled("[]", (n) => `{"a":{"u${n.toString(36)}":1}}`)],
  ["objects by numbers", filled("[]", () => '{"9999":1}')],
  ["objects by small numbers", filled("[]", (n) => `{"${n % 10}":1}`)],
])("a megabyte of %s takes no more than is said", async (_, text) => {
  expect(parsedSize(Buffer.from(text)) + SLACK).toBeGreaterThan(await heapOf(text));
});

const RULE = upTo(50).map((column) => `c${column}`);
test.each([
  ["rules of a table", filled("[]", (n) => object(RULE, `"> ${n}"`))],
  ["offerings", filled("[]", (n) => `{"id":"o${n}","name":"Offering ${n}","points":${n},"country":"DE","price":12.5}`)],
])("a megabyte of %s, as callers send them, leaves room for others", (_, text) => {
  expect(parsedSize(Buffer.from(text))).toBeLessThan(7 * MEGABYTE);
});

/** A list of eight megabytes. */
const eight = (entry: string) =>
  `[${Array(Math.floor((8 * MEGABYTE) / (entry.length + 1)))
    .fill(entry)
    .join(",")}]`;

test("eight megabytes may be parsed, unless they are hardly anything but objects", () => {
  expect(isTooLargeToParse(eight('{"id":"o1","name":"Offering 1","points":1,"country":"DE","price":12.5}'))).toBe(
    false,
  );
  expect(isTooLargeToParse(eight("12.5"))).toBe(false);
  expect(isTooLargeToParse(eight("{}"))).toBe(true);
  expect(isTooLargeToParse(`${'{"a":'.repeat(66)}${eight("{}")}${"}".repeat(66)}`)).toBe(true);
  expect(isTooLargeToParse(`{"a":${'{"a":'.repeat(66)}1${"}".repeat(66)},"b":${eight("{}")}}`)).toBe(true);
});

test("names that differ in what is escaped are different names, and quotes that are escaped end no text", () => {
  const one = parsedSize(Buffer.from(String.raw`[{"\n":1},{"\n":1}]`));
  expect(parsedSize(Buffer.from(String.raw`[{"\n":1},{"\t":1}]`))).toBeGreaterThan(one);
  expect(parsedSize(Buffer.from(String.raw`["\"{[,:"]`))).toBeLessThan(parsedSize(Buffer.from('["{",[],{}]')));
});
