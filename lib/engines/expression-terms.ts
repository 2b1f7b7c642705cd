/** An expression of the decision language as its brackets divide it. Takes linear time. Pure. */
import { type Token, tokensOf } from "./expression-text.ts";

/** A token; for an opening bracket with the terms up to the closing one. */
export type Term = { token: Token; terms: Term[] | undefined };

const CLOSING = new Map([
  ["(", ")"],
  ["[", "]"],
  ["{", "}"],
]);

/** The terms of an expression; none where brackets do not match. */
export function termsOf(text: string): Term[] {
  const outermost: Term[] = [];
  const open: { closing: string; terms: Term[] }[] = [];
  let here = outermost;
  for (const token of tokensOf(text)) {
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

export const isMark = (term: Term | undefined, text: string) =>
  term !== undefined && term.terms === undefined && term.token.kind === "mark" && term.token.text === text;

/** The terms between marks; one that stands first divides nothing. */
export function splitAt(terms: readonly Term[], mark: string): (readonly Term[])[] {
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
