/**
 * The shape of what an expression of the decision language answers, as far as its words tell without evaluating it. Takes linear time. Pure.
 */
import type { Token } from "./expression-text.ts";
import { isMark, splitAt, type Term, termsOf } from "./expression-terms.ts";
import type { JsonType } from "./json-types.ts";
import { type Effort, either, leaf, listOf, MAKING, OBJECT, objectOf, only, type Shape, UNTOLD } from "./shape.ts";

/** What an expression answers; undefined where its words do not tell. */
type Answer = Shape | undefined;

/** What the node has written at this path before, which its later expressions read as `$.path`. */
export type Written = (path: readonly string[]) => Shape | undefined;

const FUNCTIONS_BY_TYPE: readonly [JsonType, string][] = [
  [
    "number",
    "len sum avg median mode abs floor ceil round trunc rand number count date time duration startOf endOf " +
      "year dayOfWeek dayOfMonth dayOfYear weekOfYear monthOfYear",
  ],
  ["string", "upper lower trim string type dateString monthString weekdayString"],
  ["boolean", "contains startsWith endsWith matches isNumeric bool all some none one"],
  ["array", "filter map flatMap keys values split flatten extract"],
];

/** Shapes that many expressions have are made once. */
const [NUMBER, STRING, BOOLEAN, NULL] = [only("number"), only("string"), only("boolean"), only("null")];
const BY_TYPE = new Map<JsonType, Shape>([
  ["number", NUMBER],
  ["string", STRING],
  ["boolean", BOOLEAN],
  // Of lists that are computed nobody can tell the elements.
  ["array", listOf(UNTOLD)],
]);
const ANYTHING = leaf(undefined);

/** What a function of the language answers, where that is always of one type. */
const ANSWERS = new Map(
  FUNCTIONS_BY_TYPE.flatMap(([type, names]) => names.split(" ").map((name) => [name, BY_TYPE.get(type)!])),
);

/** Expressions in expressions that are looked into; deeper ones answer what is not known. */
const MAX_DEPTH = 64;

type Place = { effort: Effort; written: Written; depth: number };

/**
 * The shape of what an expression can answer, or undefined where its words do not tell. `null` is not among its types: the engine leaves a field
 * out whose expression answers null, as it does where no rule of a table matches. In literals null stands, and is told.
 */
export function shapeOfAnswer(text: string, effort: Effort, written: Written = () => undefined): Answer {
  const answer = answerWithin(termsOf(text), { effort, written, depth: 0 });
  if (!answer?.types?.has("null")) return answer;
  const rest = new Set([...answer.types].filter((type) => type !== "null"));
  return rest.size > 0 ? { ...answer, types: rest } : undefined;
}

/** What is one of these; not told where one of them is not. */
export function anyOf(answers: readonly Answer[], effort: Effort): Answer {
  return [...new Set(answers)].reduce((a, b) => (a && b && effort.spend(MAKING) ? either(a, b, effort) : undefined));
}

const inner = (place: Place): Place => ({ ...place, depth: place.depth + 1 });

/** Of what stands behind the last semicolon. */
function answerWithin(terms: readonly Term[], place: Place): Answer {
  const found = answerFrom(terms, terms.findLastIndex((term) => isMark(term, ";")) + 1, place);
  return found?.end === terms.length ? found.answer : undefined;
}

/**
 * What all branches of the ternary answer, or what is none, that begins at `at`; `end` is the next colon that is not its own, or behind the
 * last term. Undefined where a question mark has no colon, and where it is nested too deep.
 */
function answerFrom(terms: readonly Term[], at: number, place: Place): { answer: Answer; end: number } | undefined {
  if (place.depth > MAX_DEPTH) return undefined;
  const answers: Answer[] = [];
  for (;;) {
    const end = endOfPart(terms, at);
    if (!isMark(terms[end], "?")) {
      answers.push(answerOfPart(terms.slice(at, end), place));
      return { answer: anyOf(answers, place.effort), end };
    }
    const yes = answerFrom(terms, end + 1, inner(place));
    if (!yes || !isMark(terms[yes.end], ":")) return undefined;
    answers.push(yes.answer);
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
function answerOfPart(terms: readonly Term[], place: Place): Answer {
  if (terms.length === 0) return undefined;
  if (terms.some(({ token }) => token.kind !== "string" && COMPARES.has(token.text))) return BOOLEAN;
  const sums = splitAt(terms, "??").map((sum) =>
    sumOf(splitAt(sum, "+").map((operand) => answerOfOperand(operand, place))),
  );
  return anyOf(sums, place.effort);
}

const ADDED: readonly JsonType[] = ["number", "string"];

/** Numbers are added and texts are joined; a sum of one and the other, or of anything else, fails. So one operand tells what all of them are. */
function sumOf(operands: readonly Answer[]): Answer {
  if (operands.length === 1) return operands[0];
  const told = operands.flatMap((operand) => operand?.types ?? []);
  const types = ADDED.filter((type) => told.every((known) => known.has(type)));
  return told.length > 0 && types.length > 0 ? only(...types) : undefined;
}

/** Of a literal, a call, something in brackets, what was written before, or a calculation with these. */
function answerOfOperand(terms: readonly Term[], place: Place): Answer {
  if (terms.some(({ token }) => token.kind === "mark" && CALCULATES.has(token.text))) return NUMBER;
  const [first, second] = terms;
  if (!first) return undefined;
  if (isMark(first, "!")) return BOOLEAN;
  if (first.token.text === "$") return answerWritten(terms, place);
  if (terms.length > 2) return undefined;
  if (second) {
    const isCall = first.token.kind === "name" && second.terms !== undefined && second.token.text === "(";
    return isCall ? ANSWERS.get(first.token.text) : undefined;
  }
  if (!first.terms) return answerOfLiteral(first.token);
  if (first.token.text === "(") return answerWithin(first.terms, inner(place));
  return first.token.text === "{" ? objectFrom(first.terms, inner(place)) : listFrom(first.terms, inner(place));
}

function answerOfLiteral({ kind, text }: Token): Answer {
  if (kind === "string" || kind === "template") return STRING;
  if (kind === "number") return NUMBER;
  if (text === "true" || text === "false") return BOOLEAN;
  return text === "null" ? NULL : undefined;
}

/** Of `$.total`, `$.total.net` and `$['total']`. */
function answerWritten(terms: readonly Term[], { written }: Place): Answer {
  const path: string[] = [];
  for (let at = 1; at < terms.length; at += 1) {
    const [term, next] = [terms[at]!, terms[at + 1]];
    let name: string | undefined;
    if (isMark(term, ".")) {
      name = next?.token.kind === "name" ? next.token.text : undefined;
      at += 1;
    } else if (term.token.text === "[" && term.terms?.length === 1) {
      name = term.terms[0]!.token.kind === "string" ? keyOf(term.terms[0]!) : undefined;
    }
    if (name === undefined) return undefined;
    path.push(name);
  }
  const found = path.length > 0 ? written(path) : undefined;
  return found?.types && found;
}

/** Of `{a: 1, 'b': 2, [c]: 3}`. Of keys that say the same the first counts. */
function objectFrom(terms: readonly Term[], place: Place): Answer {
  const fields = new Map<string, Shape>();
  let isOpen = false;
  for (const entry of terms.length === 0 ? [] : splitAt(terms, ",")) {
    if (!place.effort.spend(MAKING)) return undefined;
    const key = entry[0];
    if (!key || !isMark(entry[1], ":")) return leaf(OBJECT);
    const name = keyOf(key);
    if (name === undefined) isOpen = true;
    // What a computed key before it may be, nobody can tell. An object has no field __proto__ of its own.
    else if (name !== "__proto__" && !fields.has(name)) {
      fields.set(name, (isOpen ? undefined : answerWithin(entry.slice(2), place)) ?? ANYTHING);
    }
  }
  return { ...objectOf(fields, OBJECT), isNamed: true, isOpen };
}

/** The name that a key of a literal is; undefined where it is computed. The language knows no escapes. */
function keyOf({ token: { kind, text }, terms }: Term): string | undefined {
  if (terms || kind === "template" || kind === "mark") return undefined;
  return kind === "string" ? text.slice(1, -1) : text;
}

/** Of `[1, 2]`: its elements together, for a list may have any number of them. */
function listFrom(terms: readonly Term[], place: Place): Answer {
  // A range is no list.
  if (terms.some((term) => isMark(term, ".."))) return undefined;
  const elements = splitAt(terms, ",").filter((element) => element.length > 0);
  if (elements.length === 0) return only("array");
  const answers = elements.map((element) => answerWithin(element, place));
  return listOf(anyOf(answers, place.effort) ?? UNTOLD);
}
