/**
 * What an expression of the decision language says of itself without being evaluated: the fields that it reads, and the type of what it
 * answers as far as that can be told. By its words alone, so that nothing in it can hang or crash us; a text with mistakes reads what it seems
 * to read. Pure.
 */

/** Types of JSON values, as JSON Schema names them. */
export const JSON_TYPES = ["string", "number", "integer", "boolean", "array", "object", "null"] as const;
export type JsonType = (typeof JSON_TYPES)[number];

type Token = { kind: (typeof KINDS)[number]; text: string };

// In the order in which they are tried, as the groups of TOKEN. Templates may hold expressions in ${…}, which hold no templates themselves.
// What is in quotes and does not end goes to the end of the text: tried again from its every quote it would take quadratic time.
const KINDS = ["string", "template", "name", "number", "mark"] as const;
const TOKEN =
  /\s+|("(?:\\.|[^"\\])*(?:"|\\?$)|'(?:\\.|[^'\\])*(?:'|\\?$))|(`(?:\\.|[^`\\])*(?:`|\\?$))|([\p{L}_$#@][\p{L}\p{N}_$]*)|(\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)|(\.\.|\?\?|\?\.|[=!<>]=|.)/gsu;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const group = KINDS.findIndex((_, index) => match[index + 1] !== undefined);
    if (group >= 0) tokens.push({ kind: KINDS[group]!, text: match[group + 1]! });
  }
  return tokens;
}

/** Beyond these the engine makes text of numbers or cannot read them: 2^63, and 28 places behind the point (zen-engine 0.52.1, tried). */
const TOO_LARGE = 2n ** 63n;
const MAX_PLACES = 28;

/** The first number in an expression that the engine cannot calculate with, as it is written, or undefined. */
export function findUnfitNumber(text: string): string | undefined {
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

const isMember = (tokens: readonly Token[], at: number) => [".", "?."].includes(tokens[at - 1]?.text ?? "");

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

const FUNCTIONS_BY_TYPE: readonly [JsonType, string][] = [
  [
    "number",
    "len sum avg abs floor ceil round trunc rand number count year dayOfWeek dayOfMonth dayOfYear weekOfYear monthOfYear",
  ],
  ["string", "upper lower trim string type dateString monthString weekdayString"],
  ["boolean", "contains startsWith endsWith matches isNumeric bool all some none one"],
  ["array", "filter map flatMap keys values split flatten extract"],
];
/** What a function of the language answers, where that is always of one type. */
const ANSWERS = new Map(FUNCTIONS_BY_TYPE.flatMap(([type, names]) => names.split(" ").map((name) => [name, type])));

type Types = ReadonlySet<JsonType> | undefined;

/** Expressions in expressions that are looked into; deeper ones answer what is not known. */
const MAX_DEPTH = 64;

/**
 * The types that an expression can answer, or undefined where its words do not tell. `null` is not among them: the engine leaves a field out
 * whose expression answers null, as it does where no rule of a table matches.
 */
export function typesOf(text: string): Types {
  const types = typesOfTokens(tokensOf(text), 0);
  if (!types?.has("null")) return types;
  const rest = new Set([...types].filter((type) => type !== "null"));
  return rest.size > 0 ? rest : undefined;
}

const COMPARES = new Set(["and", "or", "in", "not", "==", "!=", "<", ">", "<=", ">="]);
const CALCULATES = new Set(["-", "*", "/", "%", "^"]);

function typesOfTokens(tokens: readonly Token[], depth: number): Types {
  if (tokens.length === 0 || depth > MAX_DEPTH) return undefined;
  const outer = outermost(tokens);
  const semicolon = outer.findLastIndex((token) => token?.text === ";");
  if (semicolon >= 0) return typesOfTokens(tokens.slice(semicolon + 1), depth + 1);
  const question = outer.findIndex((token) => token?.text === "?");
  if (question >= 0) {
    const colon = colonOf(outer, question);
    if (colon < 0) return undefined;
    const yes = typesOfTokens(tokens.slice(question + 1, colon), depth + 1);
    return union(yes, typesOfTokens(tokens.slice(colon + 1), depth + 1));
  }
  if (outer.some((token) => token && token.kind !== "string" && COMPARES.has(token.text))) return new Set(["boolean"]);
  const either = outer.findIndex((token) => token?.text === "??");
  if (either >= 0) {
    const first = typesOfTokens(tokens.slice(0, either), depth + 1);
    return union(first, typesOfTokens(tokens.slice(either + 1), depth + 1));
  }
  const plus = outer.findLastIndex((token, at) => token?.text === "+" && at > 0);
  if (plus >= 0) return sumOf(tokens, plus, depth);
  if (outer.some((token) => token?.kind === "mark" && CALCULATES.has(token.text))) return new Set(["number"]);
  return typesOfOne(tokens, depth);
}

/** The tokens that stand in no brackets, each at its place; brackets and what is in them is undefined. */
function outermost(tokens: readonly Token[]): (Token | undefined)[] {
  let depth = 0;
  return tokens.map((token) => {
    if (token.kind === "mark" && "([{".includes(token.text)) depth += 1;
    const isOuter = depth === 0;
    if (token.kind === "mark" && ")]}".includes(token.text)) depth -= 1;
    return isOuter ? token : undefined;
  });
}

/** The colon of the ternary whose question mark stands at `question`. */
function colonOf(outer: readonly (Token | undefined)[], question: number): number {
  let nested = 0;
  for (let at = question + 1; at < outer.length; at += 1) {
    const text = outer[at]?.text;
    if (text === "?") nested += 1;
    else if (text === ":" && nested > 0) nested -= 1;
    else if (text === ":") return at;
  }
  return -1;
}

/** Texts are joined, numbers are added. */
function sumOf(tokens: readonly Token[], plus: number, depth: number): Types {
  const sides = [tokens.slice(0, plus), tokens.slice(plus + 1)].map((side) => typesOfTokens(side, depth + 1));
  const isOnly = (types: Types, type: JsonType) => types?.size === 1 && types.has(type);
  if (sides.some((side) => isOnly(side, "string"))) return new Set(["string"]);
  return sides.every((side) => isOnly(side, "number")) ? new Set(["number"]) : undefined;
}

/** Of a literal, a call, or something in brackets. */
function typesOfOne(tokens: readonly Token[], depth: number): Types {
  const [first, second] = tokens as [Token, Token | undefined];
  if (second === undefined) return typesOfLiteral(first);
  const isCall = first.kind === "name" && second.text === "(" && closes(tokens, 1);
  if (isCall) return ANSWERS.has(first.text) ? new Set([ANSWERS.get(first.text)!]) : undefined;
  if (!closes(tokens, 0)) return undefined;
  const inner = tokens.slice(1, -1);
  if (first.text === "(") return typesOfTokens(inner, depth + 1);
  if (first.text === "{") return new Set(["object"]);
  const isRange = outermost(inner).some((token) => token?.text === "..");
  return first.text === "[" && !isRange ? new Set(["array"]) : undefined;
}

function typesOfLiteral({ kind, text }: Token): Types {
  if (kind === "string" || kind === "template") return new Set(["string"]);
  if (kind === "number") return new Set(["number"]);
  if (text === "true" || text === "false") return new Set(["boolean"]);
  return text === "null" ? new Set(["null"]) : undefined;
}

/** Whether the bracket that opens at `from` closes with the last token. */
function closes(tokens: readonly Token[], from: number): boolean {
  let depth = 0;
  for (let at = from; at < tokens.length; at += 1) {
    const { kind, text } = tokens[at]!;
    if (kind === "mark" && "([{".includes(text)) depth += 1;
    else if (kind === "mark" && ")]}".includes(text)) depth -= 1;
    if (depth === 0) return at === tokens.length - 1 && at > from;
  }
  return false;
}

/** What is one or the other; not known where one of them is not. */
export function union(a: Types, b: Types): Types {
  return a && b ? new Set([...a, ...b]) : undefined;
}
