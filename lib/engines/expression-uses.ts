/** What an input of an expression of the decision language has to be for the expression not to fail. Pure. */
import type { Token } from "./expression-text.ts";
import type { JsonType, Types } from "./json-types.ts";

const NUMBER: Types = new Set(["number"]);
const STRING: Types = new Set(["string"]);
const TEXT_OR_LIST: Types = new Set(["string", "array"]);

const FUNCTIONS_BY_ARGUMENT: readonly [string, Types][] = [
  ["abs floor ceil round trunc rand", NUMBER],
  ["upper lower trim startsWith endsWith matches split extract", STRING],
  ["sum avg median mode min max flatten", new Set<JsonType>(["array"])],
  ["len contains", TEXT_OR_LIST],
];
/** What functions take as their first argument; anything else lets them fail (zen-engine 0.52.1, tried). */
const TAKES = new Map(
  FUNCTIONS_BY_ARGUMENT.flatMap(([names, types]) => names.split(" ").map((name) => [name, types] as const)),
);

const CALCULATES = new Set(["-", "*", "/", "%", "^"]);
/** With these a literal on one side tells what stands on the other. */
const ORDERS = new Set(["<", ">", "<=", ">="]);

/** Behind these a part may not be evaluated: in choices, and in what is done with each element of a list. */
const CONDITIONS = new Set(["?", "??", "?.", "and", "or"]);
const CLOSURES = new Set(["all", "some", "none", "one", "filter", "map", "flatMap", "count"]);

/** Whether all parts of an expression are evaluated whenever it is. */
export function isUnconditional(tokens: readonly Token[]): boolean {
  return !tokens.some(({ kind, text }) => kind !== "string" && (CONDITIONS.has(text) || CLOSURES.has(text)));
}

/** What is read by the tokens from `from` until `end` has to be, by what stands next to it; undefined where that tells nothing. */
export function neededOf(tokens: readonly Token[], from: number, end: number): Types {
  const [before, after] = [tokens[from - 1], tokens[end]];
  // A method, or an element of it, is used and not it itself.
  if (isMark(after, ".") || isMark(after, "[") || isMark(before, ".")) return undefined;
  if (isOneOf(CALCULATES, before) || isOneOf(CALCULATES, after)) return NUMBER;
  const besideLiteral = neededBeside(before, tokens[from - 2]) ?? neededBeside(after, tokens[end + 1]);
  if (besideLiteral) return besideLiteral;
  const isArgument = isMark(before, "(") && (isMark(after, ")") || isMark(after, ","));
  const isMethod = isMark(tokens[from - 3], ".");
  return isArgument && !isMethod ? TAKES.get(tokens[from - 2]?.text ?? "") : undefined;
}

/** `n + 1` is a sum of numbers, `n + 'a'` of texts, and only numbers have an order. */
function neededBeside(mark: Token | undefined, literal: Token | undefined): Types {
  if (literal?.kind === "number") return isMark(mark, "+") || isOneOf(ORDERS, mark) ? NUMBER : undefined;
  const isText = literal?.kind === "string" || literal?.kind === "template";
  return isText && isMark(mark, "+") ? STRING : undefined;
}

const isMark = (token: Token | undefined, text: string) => token?.kind === "mark" && token.text === text;
const isOneOf = (marks: ReadonlySet<string>, token: Token | undefined) =>
  token?.kind === "mark" && marks.has(token.text);
