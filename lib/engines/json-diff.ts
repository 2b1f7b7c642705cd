/** How two JSON values differ, by what is in them. Pure. */
import { isJsonObject, own, type JsonObject, type JsonValue } from "./evaluate-json.ts";
import { matchLists } from "./list-match.ts";

/** Deeper values are not looked into: they are the same only if they are compared higher up. */
const MAX_DEPTH = 64;

/** Whether two values are the same, whatever the order of the fields of objects. */
export function sameJson(a: JsonValue | undefined, b: JsonValue | undefined, depth = 0): boolean {
  if (a === b) return true;
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((value, index) => sameJson(value, b[index], depth + 1));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && sameJson(a[name], b[name], depth + 1))
  );
}

/** The text of a value, the same for all that sameJson calls the same. */
export function canonicalJson(value: JsonValue, depth = 0): string {
  if (depth > MAX_DEPTH) return '"…"';
  if (Array.isArray(value)) return `[${value.map((one) => canonicalJson(one, depth + 1)).join()}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name]!, depth + 1)}`).join()}}`;
}

/** One value that is another now, is gone or is new: what is not there is undefined. `path` is dotted: `offerings[2].rate`. */
export type ValueChange = { path: string; before: JsonValue | undefined; after: JsonValue | undefined };

/** The id by which people know an entry of a list again, if it has one. */
export function idOf(value: JsonValue): string | undefined {
  const id = isJsonObject(value) ? own(value, "id") : undefined;
  return typeof id === "string" ? id : undefined;
}

/**
 * The smallest values that differ. Objects are compared by their fields, lists by their entries' ids where they have any, else by content. Paths are
 * those in `after`, of what is gone those in `before`.
 */
export function valueChanges(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  path: string,
  depth = 0,
): ValueChange[] {
  if (sameJson(before, after)) return [];
  if (depth < MAX_DEPTH && isJsonObject(before) && isJsonObject(after))
    return memberChanges(before, after, path, depth);
  if (depth < MAX_DEPTH && Array.isArray(before) && Array.isArray(after)) {
    const matches = matchLists(before, after, { id: idOf, content: (value) => canonicalJson(value) });
    const changes = matches.flatMap((match) => {
      const at = `${path}[${(match.after ?? match.before!).index}]`;
      return valueChanges(match.before?.value, match.after?.value, at, depth + 1);
    });
    // Only their order differs.
    return changes.length > 0 ? changes : [{ path, before, after }];
  }
  return [{ path, before, after }];
}

function memberChanges(before: JsonObject, after: JsonObject, path: string, depth: number): ValueChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) =>
    valueChanges(own(before, name), own(after, name), path === "" ? name : `${path}.${name}`, depth + 1),
  );
}
