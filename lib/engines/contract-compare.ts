/** What of one contract callers can no longer rely on in another: see contract.ts. Pure. */
import type { Contract } from "./contract.ts";
import { holds, type JsonType, meet, type Types, wordsOfTypes } from "./json-types.ts";
import { elementPath, fieldPath } from "./field-path.ts";
import { mayMatch } from "./name-pattern.ts";
import { type Shape, UNTOLD } from "./shape.ts";
import type { Compatibility } from "./version-number.ts";

/** Why the next version is a major one. `path` is the field's: `customer.age`, `owners[].name`, and empty for the input or the output as a whole. */
export type ContractReason = {
  side: "input" | "output";
  path: string;
  change: "removed" | "type_changed" | "required";
  message: string;
};

export type Comparison = { compatibility: Compatibility; reasons: ContractReason[] };

/** Reasons that are named; one is enough. */
const MAX_REASONS = 100;

/** Compatible where there is no reason. At most 100 reasons are named. */
export function compareContracts(before: Contract, after: Contract): Comparison {
  const input = new SideComparison("input");
  input.compare(before.input, after.input, "");
  const output = new SideComparison("output");
  output.compare(before.output, after.output, "");
  if (before.inputInOutput === "promised" && after.inputInOutput === "no" && !after.output.isOpen) {
    output.add("input", "removed", "The fields of the input are no longer passed on to the output");
  }
  const reasons = [...input.reasons, ...output.reasons].slice(0, MAX_REASONS);
  return { compatibility: reasons.length === 0 ? "compatible" : "breaking", reasons };
}

/** One side of two contracts, walked together from the outside in; below a reason nothing else is looked at. */
class SideComparison {
  readonly reasons: ContractReason[] = [];
  readonly #side: "input" | "output";

  constructor(side: "input" | "output") {
    this.#side = side;
  }

  add(path: string, change: ContractReason["change"], message: string): void {
    if (this.reasons.length < MAX_REASONS) this.reasons.push({ side: this.#side, path, change, message });
  }

  compare(before: Shape, after: Shape, path: string): void {
    if (this.#isAnotherKind(before, after, path)) return;
    this.#compareContents(before, after, path);
  }

  #isAnotherKind(before: Shape, after: Shape, path: string): boolean {
    // What is only passed on is told by the input's side.
    if (before.isExtra && after.isExtra) return false;
    const [was, is] = [kindsOf(before) ?? usesOf(before), kindsOf(after) ?? usesOf(after)];
    if (this.#side === "input" ? takesInput(before, after) : takes(was, is)) return false;
    const what = path === "" ? `The ${this.#side}` : `The ${this.#side} "${path}"`;
    this.add(path, "type_changed", `${what} was ${wordsOfTypes(was!)} and is ${wordsOfTypes(is!)} now`);
    return true;
  }

  #compareContents(before: Shape, after: Shape, path: string): void {
    for (const [name, field] of before.fields) {
      if (!mayHave(after, name)) this.#remove(field, fieldPath(path, name));
    }
    for (const [name, field] of after.fields) this.#compareField(before.fields.get(name), field, fieldPath(path, name));
    for (let place = 0; place < Math.max(before.places.length, after.places.length); place += 1) {
      const element = after.places[place] ?? after.items;
      if (element) this.compare(before.places[place] ?? before.items ?? UNTOLD, element, elementPath(path, place));
    }
    if (after.items) this.compare(before.items ?? UNTOLD, after.items, elementPath(path));
  }

  #compareField(before: Shape | undefined, after: Shape, path: string): void {
    if (before && this.#isAnotherKind(before, after, path)) return;
    if (this.#side === "input" && after.isRequired && !before?.isRequired) {
      const message = `The input "${path}" is required now${before?.isNamed ? "" : ", and was not there before"}`;
      return this.add(path, "required", message);
    }
    // What is in something new is missed by nobody.
    if (before) this.#compareContents(before, after, path);
  }

  /** Of what is gone as a whole only the whole, unless nobody relied on more than its parts. */
  #remove(before: Shape, path: string): void {
    if (this.reasons.length >= MAX_REASONS) return;
    if (before.isNamed) return this.add(path, "removed", `The ${this.#side} "${path}" is no longer there`);
    for (const [name, field] of before.fields) this.#remove(field, fieldPath(path, name));
    for (const [place, element] of before.places.entries()) this.#remove(element, elementPath(path, place));
    if (before.items) this.#remove(before.items, elementPath(path));
  }
}

const mayHave = ({ isOpen, fields, patterns }: Shape, name: string): boolean =>
  isOpen || fields.has(name) || patterns.some((pattern) => mayMatch(pattern, name));

/** The types; where nothing tells them, what must be meant because something that is relied on is in it. */
function kindsOf({ types, fields, items, places, isExtra }: Shape): Types {
  if (types || isExtra) return types;
  const kinds: JsonType[] = [];
  if (places.length > 0 || (items && !items.isExtra)) kinds.push("array");
  if ([...fields.values()].some((field) => !field.isExtra)) kinds.push("object");
  return kinds.length > 0 ? new Set(kinds) : undefined;
}

/** What it has to be by its uses; where they contradict each other nobody knows. */
const usesOf = ({ uses }: Shape): Types => (uses?.size === 0 ? undefined : uses);

/** Callers may well give less than its uses allow: where these tell what an input is, or was, only something else altogether breaks them. */
function takesInput(before: Shape, after: Shape): boolean {
  const [was, is] = [kindsOf(before), kindsOf(after)];
  if (was && is) return takes(is, was);
  return meet(was ?? usesOf(before), is ?? usesOf(after))?.size !== 0;
}

/** Whether whoever takes these types can take those. Types that are not known are the same as before. */
function takes(types: Types, given: Types): boolean {
  if (!types || !given) return true;
  return [...given].every((type) => holds(types, type));
}
