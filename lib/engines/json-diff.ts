/** How two JSON values differ, by what is in them. Pure. */
import { isJsonObject, own, type JsonObject, type JsonValue } from "./evaluate-json.ts";
import { elementPath, fieldPath } from "./field-path.ts";
import { matchLists } from "./list-match.ts";
import type { Effort } from "./shape.ts";

/** Deeper values are not looked into: they are the same as themselves only. */
const MAX_DEPTH = 64;
/** Objects with more fields are not matched with others by what is in them. */
const MAX_FIELDS = 1_000;

/**
 * Tells whether values are the same, whatever the order of the fields of objects. However often two are compared, what is in them is read once: for
 * one comparison of two large values, and to be let go with it. The values must not be changed meanwhile.
 */
export class JsonContents {
  // What is the same is not looked into again; what is not is, one level further in each time.
  readonly #different = new WeakMap<object, object>();
  readonly #numbers = new Map<string, number>();
  readonly #known = new WeakMap<object, number>();

  isSame(a: JsonValue | undefined, b: JsonValue | undefined, depth = 0): boolean {
    if (a === b) return true;
    if (typeof a !== "object" || a === null || typeof b !== "object" || b === null || depth > MAX_DEPTH) return false;
    if (this.#different.get(a) === b) return false;
    if (this.#holdsSame(a, b, depth + 1)) return true;
    this.#different.set(a, b);
    return false;
  }

  #holdsSame(a: JsonValue[] | JsonObject, b: JsonValue[] | JsonObject, depth: number): boolean {
    if (Array.isArray(a) || Array.isArray(b)) {
      if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
      return a.every((value, index) => this.isSame(value, b[index], depth));
    }
    const names = Object.keys(a);
    if (names.length !== Object.keys(b).length) return false;
    return names.every((name) => Object.hasOwn(b, name) && this.isSame(a[name], b[name], depth));
  }

  /** A number for what is in a value: the same for all that are the same, unless they have more fields than people write. */
  of(value: JsonValue, depth = 0): number {
    if (typeof value !== "object" || value === null) return this.#numberOf(JSON.stringify(value));
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    const number = this.#numberOf(this.#textOf(value, depth + 1));
    this.#known.set(value, number);
    return number;
  }

  /** As `of` an object that has all fields but one. */
  ofAllBut(name: string, value: JsonObject): number {
    return this.#numberOf(this.#textOf(value, 1, name));
  }

  #textOf(value: JsonValue[] | JsonObject, depth: number, except?: string): string {
    const unlikeAll = `unlike all others: ${this.#numbers.size}`;
    if (depth > MAX_DEPTH) return unlikeAll;
    if (Array.isArray(value)) return `[${value.map((one) => this.of(one, depth)).join()}]`;
    const all = Object.keys(value);
    if (all.length > MAX_FIELDS) return unlikeAll;
    const names = all.filter((name) => name !== except).sort();
    return `{${names.map((name) => `${JSON.stringify(name)}:${this.of(value[name]!, depth)}`).join()}}`;
  }

  #numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}

/** What one comparison of two configs has at hand. */
export type Comparing = {
  contents: JsonContents;
  /** What matching lists and listing the fields of schemas may still cost; beyond it they are compared as a whole. */
  effort: Effort;
};

/** What matching an entry of a list costs. */
export const MATCHING = 3;

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
  comparing: Comparing,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  path: string,
): ValueChange[] {
  const changes: ValueChange[] = [];
  addChanges({ ...comparing, changes }, before, after, path, 0);
  return changes;
}

type Walk = Comparing & { changes: ValueChange[] };

function addChanges(
  walk: Walk,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  path: string,
  depth: number,
): void {
  const { contents, effort, changes } = walk;
  if (contents.isSame(before, after)) return;
  if (depth < MAX_DEPTH && isJsonObject(before) && isJsonObject(after)) {
    for (const name of namesOf(before, after)) {
      addChanges(walk, own(before, name), own(after, name), fieldPath(path, name), depth + 1);
    }
  } else if (
    depth < MAX_DEPTH &&
    Array.isArray(before) &&
    Array.isArray(after) &&
    effort.spend((before.length + after.length) * MATCHING)
  ) {
    const found = changes.length;
    for (const match of matchLists(before, after, { id: idOf, content: (value) => contents.of(value) })) {
      const at = elementPath(path, (match.after ?? match.before!).index);
      addChanges(walk, match.before?.value, match.after?.value, at, depth + 1);
    }
    // Only their order differs.
    if (changes.length === found) changes.push({ path, before, after });
  } else changes.push({ path, before, after });
}

/** The smallest values that differ in all but the known fields of two objects. */
export function memberChanges(
  comparing: Comparing,
  before: JsonObject,
  after: JsonObject,
  path: string,
  known: ReadonlySet<string>,
): ValueChange[] {
  const walk: Walk = { ...comparing, changes: [] };
  for (const name of namesOf(before, after)) {
    if (!known.has(name)) addChanges(walk, own(before, name), own(after, name), fieldPath(path, name), 0);
  }
  return walk.changes;
}

function namesOf(before: JsonObject, after: JsonObject): Set<string> {
  return new Set([...Object.keys(before), ...Object.keys(after)]);
}
