/**
 * What an expression of the decision language says of itself without being evaluated: its words and its numbers. So that nothing in it can
 * hang or crash us. Takes linear time. Pure.
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
