/** JSON values as the evaluation handles them, and whether they can be kept. */

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export type JsonObject = { [name: string]: JsonValue };

/** Deepest nesting of an output that is kept; the same as inputs may have. */
export const MAX_OUTPUT_DEPTH = 64;

/** Whether it is an object, as opposed to a list or null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An own field. The engine hands out objects whose prototype a graph may have chosen (`__proto__` in a function's answer). */
export function own(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** What keeps a value from being stored: text that PostgreSQL and JSON readers refuse, numbers that JSON cannot say, or too deep nesting. */
export type Unstorable = { path: string; message: string };

/** The first thing in `value` that cannot be stored, or undefined. `path` is where `value` itself stands. */
export function findUnstorable(value: JsonValue, path = "output"): Unstorable | undefined {
  return look(value, path, 1);
}

function look(value: JsonValue, path: string, depth: number): Unstorable | undefined {
  switch (typeof value) {
    case "string":
      return isStorableText(value)
        ? undefined
        : { path, message: "holds text with a NUL character or half a character" };
    case "number":
      return Number.isFinite(value) ? undefined : { path, message: "is not a finite number" };
    case "boolean":
    case "undefined":
      return undefined;
    case "object":
      return value === null ? undefined : lookInside(value, path, depth);
    default:
      return { path, message: "is not a JSON value" };
  }
}

function lookInside(value: JsonValue[] | JsonObject, path: string, depth: number): Unstorable | undefined {
  if (depth > MAX_OUTPUT_DEPTH) return { path, message: `is nested deeper than ${MAX_OUTPUT_DEPTH} levels` };
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const found = look(value[index]!, "", depth + 1);
      if (found) return { path: `${path}[${index}]${found.path}`, message: found.message };
    }
    return undefined;
  }
  for (const name of Object.keys(value)) {
    if (!isStorableText(name)) return { path, message: "has a field name with a NUL character or half a character" };
    const found = look(value[name]!, "", depth + 1);
    if (found) return { path: `${path}.${name}${found.path}`, message: found.message };
  }
  return undefined;
}

function isStorableText(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}
