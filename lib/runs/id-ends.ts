/** A run id as people have it at hand: whole, its beginning, or shortened in the middle as the portal shows it (`0197…a3f2`). */

/** Hex digits with hyphens in their places; `tail` is empty for a beginning. */
export type IdEnds = { head: string; tail: string };

const SHAPE = "00000000-0000-0000-0000-000000000000";
const ENDS = /^([0-9a-f-]{4,36})(?:(?:…|\.{3})([0-9a-f-]{2,32}))?$/;

const fits = (text: string, shape: string) => text.replaceAll(/[0-9a-f]/g, "0") === shape;

/** What a text says of an id, or null where it cannot be a part of one. Upper case and spaces around it do no harm. */
export function parseIdEnds(given: string): IdEnds | null {
  const [, head, tail = ""] = ENDS.exec(given.trim().toLowerCase()) ?? [];
  if (head === undefined || !fits(head, SHAPE.slice(0, head.length))) return null;
  return tail === "" || fits(tail, SHAPE.slice(-tail.length)) ? { head, tail } : null;
}
