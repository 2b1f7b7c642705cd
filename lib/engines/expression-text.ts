/**
 * What an expression of the decision language says of itself without being evaluated: its words, its numbers, and the fields that it reads. So that
 * nothing in it can hang or crash us; a text with mistakes reads what it seems to read. Takes linear time. Pure.
 */

export type Token = { kind: "string" | "template" | "name" | "number" | "mark"; text: string };

// Templates may hold expressions in ${…}, which hold no templates themselves. What is in quotes and does not end goes to the end of the text: tried
// again from its every quote it would take quadratic time.
const TOKEN =
  /\s+|"(?:\\.|[^"\\])*(?:"|\\?$)|'(?:\\.|[^'\\])*(?:'|\\?$)|`(?:\\.|[^`\\])*(?:`|\\?$)|[\p{L}_$#@][\p{L}\p{N}_$]*|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\.|\?\?|\?\.|[=!<>]=|./gsu;

/** The words of an expression, without the gaps between them. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const word of text.match(TOKEN) ?? []) {
    const kind = kindOf(word);
    if (kind !== undefined) tokens.push({ kind, text: word });
  }
  return tokens;
}

const NAME_START = /^[\p{L}_$#@]/u;

/** By how it begins; undefined for a gap. */
function kindOf(word: string): Token["kind"] | undefined {
  const first = word[0]!;
  if (first === '"' || first === "'") return "string";
  if (first === "`") return "template";
  if (first >= "0" && first <= "9") return "number";
  if (NAME_START.test(word)) return "name";
  return word.trim() === "" ? undefined : "mark";
}

/** Beyond these the engine makes text of numbers or cannot read them: 2^63, and 28 places behind the point (zen-engine 0.52.1, tried). */
const TOO_LARGE = 2n ** 63n;
const MAX_PLACES = 28;

/** Only text that matches can hold such a number; most does not, and is not taken apart. */
const MAY_BE_UNFIT = /[\d_]{19}|\.\d{29}|\d[eE]/;

/** The first number in an expression that the engine cannot calculate with, as it is written, or undefined. */
export function findUnfitNumber(text: string): string | undefined {
  if (!MAY_BE_UNFIT.test(text)) return undefined;
  return tokensOf(text).find((token) => token.kind === "number" && isUnfit(token.text.replaceAll("_", "")))?.text;
}

function isUnfit(number: string): boolean {
  const [whole = "", places = ""] = number.split(".");
  // Exactly, because 2^63 - 1 is none of the numbers of JavaScript; with an exponent it does not matter.
  if (/e/i.test(number)) return Number(number) >= Number(TOO_LARGE);
  return BigInt(whole) >= TOO_LARGE || places.length > MAX_PLACES;
}

const KEYWORDS = new Set(["and", "or", "not", "in", "as", "true", "false", "null"]);

const NAMES = /[\p{L}_$]/u;

/**
 * The fields that an expression reads from its context, as dotted paths: `customer.age`. Fields of list elements, of closures, of what the node
 * has computed itself (`$.x`) and of other nodes by name (`$nodes.x`) are none.
 */
export function readsOf(text: string): Set<string> {
  // Most cells of tables: a number, a range.
  if (!NAMES.test(text)) return new Set();
  const tokens = tokensOf(text);
  const reads = new Set<string>();
  const locals = new Set<string>();
  const open: string[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const { kind, text: word } = tokens[at]!;
    if (kind === "mark") trackBrackets(open, word);
    if (kind === "template") for (const inner of templateReads(word)) reads.add(inner);
    if (kind !== "name" || isMember(tokens, at) || isKey(tokens, at, open)) continue;
    const before = tokens[at - 1]?.text;
    const after = tokens[at + 1]?.text;
    if (before === "as" || (after === "=" && word !== "$")) locals.add(word);
    else if (!KEYWORDS.has(word) && after !== "(") {
      const path = pathFrom(tokens, at);
      if (path !== "") reads.add(path);
    }
  }
  return new Set([...reads].filter((path) => !locals.has(path.split(".", 1)[0]!)));
}

function trackBrackets(open: string[], mark: string): void {
  if ("([{".includes(mark)) open.push(mark);
  else if (")]}".includes(mark)) open.pop();
}

const isMember = (tokens: readonly Token[], at: number) => isDot(tokens[at - 1]);

/** `code` in `{code: x}`, not `b` in `a ? b : c`. */
function isKey(tokens: readonly Token[], at: number, open: readonly string[]): boolean {
  return open.at(-1) === "{" && tokens[at + 1]?.text === ":" && ["{", ","].includes(tokens[at - 1]?.text ?? "");
}

function templateReads(template: string): string[] {
  const reads: string[] = [];
  for (let from = template.indexOf("${"); from >= 0; from = template.indexOf("${", from)) {
    const to = template.indexOf("}", from);
    if (to < 0) break;
    reads.push(...readsOf(template.slice(from + 2, to)));
    from = to;
  }
  return reads;
}

/** Longest path that is followed, in names. */
const MAX_NAMES = 16;

/** The path that begins with the name at `at`; empty where it is not of the context. Ends before an index and before a method. */
function pathFrom(tokens: readonly Token[], at: number): string {
  const names = [tokens[at]!.text];
  for (let next = at + 1; isDot(tokens[next]) && tokens[next + 1]?.kind === "name"; next += 2) {
    if (tokens[next + 2]?.text === "(" || names.length === MAX_NAMES) break;
    names.push(tokens[next + 1]!.text);
  }
  if (names[0] === "$root") names.shift();
  return /^[$#@]/.test(names[0] ?? "") ? "" : names.join(".");
}

const isDot = (token: Token | undefined) => token?.text === "." || token?.text === "?.";
