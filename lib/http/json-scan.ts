/**
 * Finds out what is wrong with a JSON text, and where. It is slow and exact: JSON.parse and a few regular expressions decide first
 * whether it is needed at all (json-input.ts). It walks the text with a stack of its own, so that no nesting can blow the program's.
 */

/** How deep arrays and objects may stand inside each other below the body itself. */
export const MAX_DEPTH = 64;

/** What is wrong: `path` is dotted, as in `input.items.0.name`, or `body`. */
export type JsonProblem = { path: string; message: string };

const MAX_PATH_LENGTH = 200;

type Frame = { isArray: boolean; index: number; key: string | null };

const LITERAL = /true|false|null/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// A whole string without its last quote, or as far as it is one: anything from space on but " and \, and escapes.
const STRING_START = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
const HALF_A_PAIR = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

class Scanner {
  private readonly text: string;
  private at = 0;
  private readonly stack: Frame[] = [];

  constructor(text: string) {
    this.text = text;
  }

  scan(): JsonProblem | null {
    for (;;) {
      const problem = this.value() ?? this.afterValue();
      if (problem === "end") return null;
      if (problem) return problem;
    }
  }

  /** Reads one scalar, or enters an array or object up to its first value. */
  private value(): JsonProblem | undefined {
    for (;;) {
      this.skipSpace();
      const char = this.text[this.at];
      if (char !== "[" && char !== "{") return this.scalar(char);
      this.at += 1;
      // the body itself is the first frame and does not count
      if (this.stack.length > MAX_DEPTH) return this.problem(`is nested more than ${MAX_DEPTH} deep`);
      this.skipSpace();
      const isArray = char === "[";
      if (this.text[this.at] === (isArray ? "]" : "}")) {
        this.at += 1;
        return undefined;
      }
      this.stack.push({ isArray, index: 0, key: null });
      const problem = isArray ? undefined : this.key();
      if (problem) return problem;
    }
  }

  private scalar(char: string | undefined): JsonProblem | undefined {
    if (char === '"') return this.string();
    const start = this.at;
    if (!this.skip(NUMBER)) return this.skip(LITERAL) ? undefined : this.broken();
    // Short ones without an exponent always are.
    const number = this.text.slice(start, this.at);
    if ((number.length < 100 && !/[eE]/.test(number)) || Number.isFinite(Number(number))) return undefined;
    return this.problem("is a number too large to be represented");
  }

  /** Leaves what has ended and goes to the next value, or says that the text has ended. */
  private afterValue(): JsonProblem | "end" | undefined {
    for (;;) {
      this.skipSpace();
      const frame = this.stack.at(-1);
      if (!frame) return this.at === this.text.length ? "end" : this.broken();
      const char = this.text[this.at];
      if (char === ",") {
        this.at += 1;
        frame.index += 1;
        this.skipSpace();
        return frame.isArray ? undefined : this.key();
      }
      if (char !== (frame.isArray ? "]" : "}")) return this.broken();
      this.at += 1;
      this.stack.pop();
    }
  }

  private key(): JsonProblem | undefined {
    const start = this.at;
    this.stack.at(-1)!.key = null;
    if (this.text[start] !== '"') return this.broken();
    const problem = this.string();
    if (problem) return problem;
    this.stack.at(-1)!.key = JSON.parse(this.text.slice(start, this.at)) as string;
    this.skipSpace();
    if (this.text[this.at] !== ":") return this.broken();
    this.at += 1;
    return undefined;
  }

  private string(): JsonProblem | undefined {
    const start = this.at;
    this.skip(STRING_START);
    if (this.text[this.at] !== '"') return this.broken();
    this.at += 1;
    const quoted = this.text.slice(start, this.at);
    // Only an escape can put either of them there: a raw NUL is no JSON, and half of a pair no UTF-8.
    if (!quoted.includes("\\u")) return undefined;
    const value = JSON.parse(quoted) as string;
    if (value.includes("\0")) return this.problem("has a NUL character");
    if (HALF_A_PAIR.test(value)) return this.problem("has half of a surrogate pair");
    return undefined;
  }

  private skipSpace(): void {
    for (;;) {
      const char = this.text[this.at];
      if (char !== " " && char !== "\n" && char !== "\r" && char !== "\t") return;
      this.at += 1;
    }
  }

  private skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.text)) return false;
    const moved = pattern.lastIndex > this.at;
    this.at = pattern.lastIndex;
    return moved;
  }

  private broken(): JsonProblem {
    const before = this.text.slice(0, this.at);
    const line = before.split("\n").length;
    const column = this.at - before.lastIndexOf("\n");
    const what = this.at >= this.text.length ? "it ends too early" : "unexpected character";
    return { path: "body", message: `is not JSON: ${what} at line ${line}, column ${column}` };
  }

  private problem(message: string): JsonProblem {
    const steps = this.stack.map((frame) => (frame.isArray ? String(frame.index) : frame.key));
    // A key that is wrong itself is not named: its object is.
    return { path: readablePath(steps.filter((step) => step !== null).join(".")), message };
  }
}

/** A path that is safe to show: short, and with no characters that are no text. */
function readablePath(path: string): string {
  const text = path.replaceAll("\0", "\u2400").toWellFormed();
  if (text === "") return "body";
  return text.length > MAX_PATH_LENGTH ? `${text.slice(0, MAX_PATH_LENGTH).toWellFormed()}…` : text;
}

/**
 * The first thing wrong with a JSON text, or null: broken syntax with its line and column; or with its path a NUL or half a surrogate
 * pair in a string or key, a number too large for a double, nesting deeper than MAX_DEPTH.
 */
export function findJsonProblem(text: string): JsonProblem | null {
  return new Scanner(text).scan();
}

/**
 * The members of the object that a valid JSON text holds, each with its value's text as it was sent. Of equal names the last one
 * counts, as in JSON.parse.
 */
export function topLevelMembers(text: string): Map<string, string> {
  const members = new Map<string, string>();
  let depth = 0;
  let valueStart = -1;
  let name = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      STRING_START.lastIndex = at;
      STRING_START.test(text);
      if (depth === 1 && valueStart < 0) name = JSON.parse(text.slice(at, STRING_START.lastIndex + 1)) as string;
      at = STRING_START.lastIndex;
    } else if (char === ":" && depth === 1) valueStart = at + 1;
    else if (char === "{" || char === "[") depth += 1;
    else if ((char === "," && depth === 1) || ((char === "}" || char === "]") && --depth === 0)) {
      if (valueStart >= 0) members.set(name, text.slice(valueStart, at).trim());
      valueStart = -1;
    }
  }
  return members;
}
