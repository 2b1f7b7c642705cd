/** Which names a regular expression of a schema may match, without running it: a hostile one would not end. Pure. */

/** Names that are `start`, or begin with it. */
export type NamePattern = { start: string; isWhole: boolean };

const BEGINNING = /^\^([\w-]*)(.?)/s;

/** At least the names that the pattern matches: of one that is not bound to the beginning, or has alternatives, any. */
export function patternOf(pattern: string): NamePattern {
  const [begun, literal = "", next = ""] = BEGINNING.exec(pattern) ?? [];
  if (begun === undefined || pattern.includes("|")) return { start: "", isWhole: false };
  if (pattern.endsWith("$") && pattern.length === literal.length + 2) return { start: literal, isWhole: true };
  // The last letter may not be there.
  return { start: /[?*{]/.test(next) ? literal.slice(0, -1) : literal, isWhole: false };
}

/** Whether the name may be one of them. */
export function mayMatch({ start, isWhole }: NamePattern, name: string): boolean {
  return isWhole ? name === start : name.startsWith(start);
}
