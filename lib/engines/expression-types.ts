/**
 * The type of what an expression of the decision language answers, as far as its words tell without evaluating it. Takes linear time. Pure.
 */
import { type Token, tokensOf } from "./expression-text.ts";

/** Types of JSON values, as JSON Schema names them. */
export const JSON_TYPES = ["string", "number", "integer", "boolean", "array", "object", "null"] as const;
export type JsonType = (typeof JSON_TYPES)[number];

/** What a value may be; undefined where that is not known. */
export type Types = ReadonlySet<JsonType> | undefined;

/** What is one or the other; not known where one of them is not. */
export function union(a: Types, b: Types): Types {
  if (!a || !b) return undefined;
  return [...b].every((type) => a.has(type)) ? a : new Set([...a, ...b]);
}

/** What is both; what is not known narrows nothing. */
export function meet(a: Types, b: Types): Types {
  if (!a || !b) return a ?? b;
  return new Set([...[...a].filter((type) => holds(b, type)), ...[...b].filter((type) => holds(a, type))]);
}

/** Whether a value of this type is of one of these: an integer is a number. */
export function holds(types: ReadonlySet<JsonType>, type: JsonType): boolean {
  return types.has(type) || (type === "integer" && types.has("number"));
}

/** As people say them: `number or string`. */
export function wordsOfTypes(types: ReadonlySet<JsonType>): string {
  if (types.size === JSON_TYPES.length) return "anything";
  return [...types].sort().join(" or ") || "nothing";
}

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

/** Expressions in expressions that are looked into; deeper ones answer what is not known. */
const MAX_DEPTH = 64;

const one = (type: JsonType): Types => new Set([type]);

/**
 * The types that an expression can answer, or undefined where its words do not tell. `null` is not among them: the engine leaves a field out
 * whose expression answers null, as it does where no rule of a table matches.
 */
export function typesOf(text: string): Types {
  const types = typesWithin(termsOf(tokensOf(text)), 0);
  if (!types?.has("null")) return types;
  const rest = new Set([...types].filter((type) => type !== "null"));
  return rest.size > 0 ? rest : undefined;
}

/** A token; for an opening bracket with the terms up to the closing one. */
type Term = { token: Token; terms: Term[] | undefined };

const CLOSING = new Map([
  ["(", ")"],
  ["[", "]"],
  ["{", "}"],
]);

/** The terms of an expression; none where brackets do not match. */
function termsOf(tokens: readonly Token[]): Term[] {
  const outermost: Term[] = [];
  const open: { closing: string; terms: Term[] }[] = [];
  let here = outermost;
  for (const token of tokens) {
    if (token.kind !== "mark") {
      here.push({ token, terms: undefined });
      continue;
    }
    const closing = CLOSING.get(token.text);
    if (closing !== undefined) {
      open.push({ closing, terms: here });
      const terms: Term[] = [];
      here.push({ token, terms });
      here = terms;
    } else if (")]}".includes(token.text)) {
      const last = open.pop();
      if (last?.closing !== token.text) return [];
      here = last.terms;
    } else here.push({ token, terms: undefined });
  }
  return open.length === 0 ? outermost : [];
}

const isMark = (term: Term | undefined, text: string) =>
  term !== undefined && term.terms === undefined && term.token.kind === "mark" && term.token.text === text;

/** Of what stands behind the last semicolon. */
function typesWithin(terms: readonly Term[], depth: number): Types {
  const found = typesFrom(terms, terms.findLastIndex((term) => isMark(term, ";")) + 1, depth);
  return found?.end === terms.length ? found.types : undefined;
}

/**
 * The types of all branches of the ternary, or of what is none, that begins at `at`; `end` is the next colon that is not its own, or behind the
 * last term. Undefined where a question mark has no colon, and where it is nested too deep.
 */
function typesFrom(terms: readonly Term[], at: number, depth: number): { types: Types; end: number } | undefined {
  if (depth > MAX_DEPTH) return undefined;
  const answers: Types[] = [];
  for (;;) {
    const end = endOfPart(terms, at);
    if (!isMark(terms[end], "?")) {
      answers.push(typesOfPart(terms.slice(at, end), depth));
      return { types: answers.reduce(union), end };
    }
    const yes = typesFrom(terms, end + 1, depth + 1);
    if (!yes || !isMark(terms[yes.end], ":")) return undefined;
    answers.push(yes.types);
    at = yes.end + 1;
  }
}

function endOfPart(terms: readonly Term[], from: number): number {
  let at = from;
  while (at < terms.length && !isMark(terms[at], "?") && !isMark(terms[at], ":")) at += 1;
  return at;
}

const COMPARES = new Set(["and", "or", "in", "not", "==", "!=", "<", ">", "<=", ">="]);
const CALCULATES = new Set(["-", "*", "/", "%", "^"]);

/** Of what has no ternary outside of brackets. */
function typesOfPart(terms: readonly Term[], depth: number): Types {
  if (terms.length === 0) return undefined;
  if (terms.some(({ token }) => token.kind !== "string" && COMPARES.has(token.text))) return one("boolean");
  return splitAt(terms, "??")
    .map((sum) => typesOfSum(sum, depth))
    .reduce(union);
}

function typesOfSum(terms: readonly Term[], depth: number): Types {
  return splitAt(terms, "+")
    .map((operand) => typesOfOperand(operand, depth))
    .reduce(sumOf);
}

/** The terms between marks; one that stands first divides nothing. */
function splitAt(terms: readonly Term[], mark: string): (readonly Term[])[] {
  const parts: (readonly Term[])[] = [];
  let from = 0;
  for (let at = 1; at < terms.length; at += 1) {
    if (!isMark(terms[at], mark)) continue;
    parts.push(terms.slice(from, at));
    from = at + 1;
  }
  parts.push(from === 0 ? terms : terms.slice(from));
  return parts;
}

/** Texts are joined, numbers are added. */
function sumOf(a: Types, b: Types): Types {
  const isOnly = (types: Types, type: JsonType) => types?.size === 1 && types.has(type);
  if (isOnly(a, "string") || isOnly(b, "string")) return one("string");
  return isOnly(a, "number") && isOnly(b, "number") ? one("number") : undefined;
}

/** Of a literal, a call, something in brackets, or a calculation with these. */
function typesOfOperand(terms: readonly Term[], depth: number): Types {
  if (terms.some(({ token }) => token.kind === "mark" && CALCULATES.has(token.text))) return one("number");
  const [first, second] = terms;
  if (!first || terms.length > 2) return undefined;
  if (second) {
    const isCall = first.token.kind === "name" && second.terms !== undefined && second.token.text === "(";
    const answer = isCall ? ANSWERS.get(first.token.text) : undefined;
    return answer && one(answer);
  }
  if (!first.terms) return typesOfLiteral(first.token);
  if (first.token.text === "(") return typesWithin(first.terms, depth + 1);
  if (first.token.text === "{") return one("object");
  // A range is no list.
  return first.terms.some((term) => isMark(term, "..")) ? undefined : one("array");
}

function typesOfLiteral({ kind, text }: Token): Types {
  if (kind === "string" || kind === "template") return one("string");
  if (kind === "number") return one("number");
  if (text === "true" || text === "false") return one("boolean");
  return text === "null" ? one("null") : undefined;
}
