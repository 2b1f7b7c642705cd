/** Sets of types of JSON values: what a value may be. Pure. */

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
