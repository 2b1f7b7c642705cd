/**
 * `input.company.country:DE`: the language in which runs are searched by a value of their payload.
 *
 * Left of the colon a path, right of it what must stand there. A path begins with input, offerings, output or solutions; a key with a dot,
 * colon, quote or space in it is written as a JSON text (`input."a.b":1`). Lists are entered: any element may fit, or the one that
 * a number names. `DE` fits the text DE, `12` the number 12 (1.2e1 as well) and the text 12, `true` the boolean and the text; `"12"` fits only the text;
 * `DE*` every text that begins with DE; `*` whatever is there. Upper and lower case differ.
 */

import { isSameNumber } from "./exact-number.ts";

/** Members of payloads that can be searched, by the payload that holds them. */
export const SEARCH_ROOTS = {
  input: "input",
  offerings: "input",
  output: "output",
  solutions: "output",
} as const satisfies Record<string, "input" | "output">;

type Root = keyof typeof SEARCH_ROOTS;

/** `literal` is the number, boolean or null that the text also means; undefined where it means none. */
type Test =
  | { kind: "any" }
  | { kind: "prefix"; text: string }
  | { kind: "equal"; text: string; literal?: number | boolean | null };

export type ValueQuery = { root: Root; path: readonly string[]; test: Test };

export const MAX_QUERY_LENGTH = 500;
const MAX_SEGMENTS = 32;
const ROOT = /^(input|offerings|output|solutions)(?=[.:])/;
const SEGMENT = /\.(?:("(?:[^"\\]|\\.)*")|([^.:"\s]+))/y;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Whether a text is meant as one, so that a search box knows what to do with it. */
export function isValueQuery(text: string): boolean {
  return ROOT.test(text.trimStart());
}

function parseJsonString(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

function parsePath(text: string, from: number): { path: string[]; end: number } | undefined {
  const path: string[] = [];
  SEGMENT.lastIndex = from;
  let end = from;
  for (let match = SEGMENT.exec(text); match; match = SEGMENT.exec(text)) {
    const segment = match[1] === undefined ? match[2] : parseJsonString(match[1]);
    if (segment === undefined) return undefined;
    path.push(segment);
    end = SEGMENT.lastIndex;
  }
  return { path, end };
}

function parseTest(text: string): Test | undefined {
  if (text.startsWith('"')) {
    const exact = parseJsonString(text);
    return exact === undefined ? undefined : { kind: "equal", text: exact };
  }
  if (text === "*") return { kind: "any" };
  if (text.endsWith("*")) return { kind: "prefix", text: text.slice(0, -1) };
  if (NUMBER.test(text)) return { kind: "equal", text, literal: Number(text) };
  if (text === "true" || text === "false") return { kind: "equal", text, literal: text === "true" };
  return text === "null" ? { kind: "equal", text, literal: null } : { kind: "equal", text };
}

/** The query that a text means, or what is wrong with it. */
export function parseValueQuery(
  given: string,
): { query: ValueQuery; problem?: undefined } | { query?: undefined; problem: string } {
  const text = given.trim();
  const root = ROOT.exec(text)?.[1] as Root | undefined;
  if (root === undefined)
    return { problem: "begins with input, offerings, output or solutions, as in input.country:DE" };
  if (text.length > MAX_QUERY_LENGTH) return { problem: `has more than ${MAX_QUERY_LENGTH} characters` };
  const parsed = parsePath(text, root.length);
  if (!parsed || text[parsed.end] !== ":") return { problem: "needs a path and a colon, as in input.country:DE" };
  if (parsed.path.length > MAX_SEGMENTS) return { problem: `has a path of more than ${MAX_SEGMENTS} keys` };
  const value = text.slice(parsed.end + 1).trim();
  if (value === "") return { problem: "needs a value after the colon; * stands for any" };
  const test = parseTest(value);
  return test
    ? { query: { root, path: parsed.path, test } }
    : { problem: "has a text in quotes that does not end well" };
}

function fitsTest(value: unknown, test: Test): boolean {
  if (test.kind === "any") return value !== undefined;
  if (test.kind === "prefix") return typeof value === "string" && value.startsWith(test.text);
  return value === test.text || (test.literal !== undefined && value === test.literal);
}

/** Lists that do not fit, by how much of the path had been gone when they were looked at: each is looked at once, or nested lists would be looked at exponentially often. */
type Passed = Set<unknown>[];

function fitsAt(value: unknown, path: readonly string[], depth: number, test: Test, passed: Passed): boolean {
  if (depth === path.length && fitsTest(value, test)) return true;
  const segment = path[depth];
  if (Array.isArray(value)) {
    const here = (passed[depth] ??= new Set());
    if (here.has(value)) return false;
    here.add(value);
    // Object.hasOwn knows indexes, and not length.
    if (segment !== undefined && /^\d+$/.test(segment) && Object.hasOwn(value, segment)) {
      if (fitsAt(value[Number(segment)], path, depth + 1, test, passed)) return true;
    }
    return value.some((element) => fitsAt(element, path, depth, test, passed));
  }
  if (segment === undefined || typeof value !== "object" || value === null || !Object.hasOwn(value, segment))
    return false;
  return fitsAt((value as Record<string, unknown>)[segment], path, depth + 1, test, passed);
}

const fitsPayload = (payload: unknown, { root, path, test }: ValueQuery): boolean =>
  fitsAt(payload, [root, ...path], 0, test, []);

/** Parses JSON, but makes NaN of numbers that are this one only because they have been rounded. */
function parseExactly(json: string, number: number, text: string): unknown {
  const exact = (_: string, value: unknown, context?: { source?: string }) =>
    value === number && !isSameNumber(context!.source!, text) ? Number.NaN : value;
  return JSON.parse(json, exact);
}

/**
 * Numbers as texts that can become the same one as another by rounding: of more than fifteen digits, or with an exponent that may lead out of what
 * a number can be. Two others are never the same unless they mean the same. May find such in texts too.
 */
const MAY_BE_ROUNDED = /\d[\d.]{15,}|\d[eE][+-]?\d{3}/;

/** Whether a payload, as JSON, has what the query asks for. Numbers are compared by all their digits. */
export function fitsQuery(json: string, query: ValueQuery): boolean {
  if (!fitsPayload(JSON.parse(json), query)) return false;
  const { test } = query;
  if (test.kind !== "equal" || typeof test.literal !== "number") return true;
  // Parsing with each number's own digits takes many times as long, and a search may be for a number that every payload has.
  if (!MAY_BE_ROUNDED.test(test.text) && !MAY_BE_ROUNDED.test(json)) return true;
  return fitsPayload(parseExactly(json, test.literal, test.text), query);
}

const quoted = (text: string) => (JSON.stringify(text) === `"${text}"` ? `"${text}"` : undefined);

/**
 * Texts that must all stand in the JSON text of a payload that fits, unless that has a backslash in it (characters can be written as
 * escapes): with them a database can pass over most payloads without parsing one.
 */
export function textsOfQuery({ path, test }: ValueQuery): string[] {
  const texts = path.filter((segment) => !/^\d+$/.test(segment)).map(quoted);
  if (test.kind === "equal" && test.literal === undefined) texts.push(quoted(test.text));
  if (test.kind === "prefix") texts.push(quoted(test.text)?.slice(0, -1));
  return texts.filter((text) => text !== undefined);
}
