/** JSON as people type it: where exactly a text stops being JSON and what was expected there, in words and by offset. Pure. */

export type JsonProblem = { offset: number; message: string };
export type ReadJson = { ok: true; value: unknown } | { ok: false; problem: JsonProblem };

/** The value of a text, or its first mistake. A text that is JSON is read by the platform's own parser and nothing else. */
export function readJson(text: string): ReadJson {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return { ok: false, problem: findMistake(text) };
  }
}

/** `line 3`, counted from one. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

const SPACE = /[ \t\n\r]*/y;
// oxlint-disable-next-line no-control-regex -- JSON forbids them in texts
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;
const WORD = /[^\s,:[\]{}"]+/y;
const DEEPEST = 1_000;

class Mistake extends Error {
  readonly offset: number;
  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** Of a text that the platform refuses. */
function findMistake(text: string): JsonProblem {
  try {
    const end = skip(text, readValue(text, skip(text, 0), 0));
    return { offset: end, message: "Nothing may follow the value" };
  } catch (error) {
    if (error instanceof Mistake) return { offset: error.offset, message: error.message };
    throw error;
  }
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

const skip = (text: string, at: number): number => at + (match(SPACE, text, at)?.length ?? 0);

function expected(text: string, at: number, what: string): Mistake {
  if (at >= text.length) return new Mistake(at, `Expected ${what}, but the text ends here`);
  const found = text[at] === '"' ? "a text" : `“${(match(WORD, text, at) ?? text[at]!).slice(0, 20)}”`;
  return new Mistake(at, `Expected ${what} instead of ${found}`);
}

function readValue(text: string, at: number, depth: number): number {
  if (depth > DEEPEST) throw new Mistake(at, "The value is nested too deeply");
  if (text[at] === "{" || text[at] === "[") return readItems(text, at, depth);
  if (text[at] === '"') return readString(text, at);
  const scalar = match(SCALAR, text, at);
  if (scalar === undefined) throw expected(text, at, "a value");
  return at + scalar.length;
}

function readString(text: string, at: number): number {
  const string = match(STRING, text, at);
  if (string !== undefined) return at + string.length;
  const end = text.indexOf("\n", at);
  const line = text.slice(at, end === -1 ? undefined : end);
  const escape = /\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(line.replaceAll("\\\\", "  "));
  if (escape && line.lastIndexOf('"') > escape.index) {
    throw new Mistake(at + escape.index, "A text cannot hold this escape; write a backslash as \\\\");
  }
  throw new Mistake(at, "The text does not end on its line; close it with a quotation mark");
}

/** An object or a list. */
function readItems(text: string, start: number, depth: number): number {
  const isObject = text[start] === "{";
  const close = isObject ? "}" : "]";
  let at = skip(text, start + 1);
  if (text[at] === close) return at + 1;
  for (;;) {
    if (isObject) at = readKey(text, at);
    at = skip(text, readValue(text, at, depth + 1));
    if (text[at] === close) return at + 1;
    if (text[at] !== ",") throw expected(text, at, `a comma or ${close}`);
    const comma = at;
    at = skip(text, at + 1);
    if (text[at] === close) throw new Mistake(comma, `No comma may stand before ${close}`);
  }
}

function readKey(text: string, at: number): number {
  if (text[at] !== '"') throw expected(text, at, "a field name in quotation marks");
  const colon = skip(text, readString(text, at));
  if (text[colon] !== ":") throw expected(text, colon, "a colon");
  return skip(text, colon + 1);
}
