/** What a config tells of a JSON value: its types, and the shapes of what is in it. A shape is never changed once somebody else may hold it. Pure. */
import { elementPath, fieldPath } from "./field-path.ts";
import { type JsonType, meet, type Types, union } from "./json-types.ts";
import type { NamePattern } from "./name-pattern.ts";

export type Shape = {
  /** What it may be; undefined where nothing tells. */
  types: Types;
  /** What an input has to be for what is done with it to succeed, none where that contradicts itself; undefined where nothing tells. */
  uses: Types;
  /** Whether it is named itself, and not only something in it. */
  isNamed: boolean;
  /** Whether it is beside what is told: there, but nobody relies on it or on anything in it. */
  isExtra: boolean;
  /** Whether the object that it belongs to must have it. */
  isRequired: boolean;
  /** What is in it where it is an object. */
  fields: ReadonlyMap<string, Shape>;
  /** Any of its elements where it is a list; behind those that have places of their own. */
  items: Shape | undefined;
  /** Its first elements, where each is something else. */
  places: readonly Shape[];
  /** Fields that may be there though they are not told. */
  patterns: readonly NamePattern[];
  /** Whether there may be fields that are not told, whatever their names. */
  isOpen: boolean;
};

const NO_FIELDS: Shape["fields"] = new Map();

/** Patterns that one shape has; what has more is open, so that comparing stays linear. */
export const MAX_PATTERNS = 20;

/** Nothing is known of it. */
export const UNTOLD: Shape = {
  types: undefined,
  uses: undefined,
  isNamed: false,
  isExtra: false,
  isRequired: false,
  fields: NO_FIELDS,
  items: undefined,
  places: [],
  patterns: [],
  isOpen: true,
};

/** Something of which no more is known than its types. */
export function leaf(types: Types): Shape {
  return { ...UNTOLD, types, isNamed: true, isOpen: mayBeObject(types) };
}

/** Of these types always. */
export const only = (...types: JsonType[]): Shape => leaf(new Set(types));

/** Something with these fields and no others. */
export function objectOf(fields: Shape["fields"], types: Types): Shape {
  return { ...UNTOLD, types, fields, isOpen: false };
}

/** The types of what has fields because they are written into it. */
export const OBJECT: Types = new Set(["object"]);

/** A list of such elements. */
export function listOf(items: Shape): Shape {
  return { ...only("array"), items };
}

/**
 * What following a config may cost, in copied fields. More than any config needs that people write: beyond it nothing is told, so that
 * comparing takes milliseconds whatever the config.
 */
export class Effort {
  #left = 300_000;

  /** Whether it is used up: what has been made since then has parts missing. */
  get isSpent(): boolean {
    return this.#left < 0;
  }

  /** Whether there was as much left. */
  spend(steps: number): boolean {
    this.#left -= steps;
    return !this.isSpent;
  }
}

/** What making a shape costs, next to copying one into another map. */
export const MAKING = 5;

/** Deepest nesting that is told. */
export const MAX_SHAPE_DEPTH = 32;

/** Stands in a path for the elements of a list. */
export const ELEMENTS = "[]";

export type ShapePath = readonly string[];

type Growing = Omit<Shape, "fields" | "items"> & { fields: Map<string, Growing>; items: Growing | undefined };

const growing = (types: Types): Growing => ({ ...objectOf(NO_FIELDS, types), fields: new Map(), items: undefined });

/** Puts one shape together from paths. `container`: the types of what is named only by what is in it. */
export class ShapeBuilder {
  readonly #root: Growing;
  readonly #wholes: Growing[] = [];
  readonly #container: Types;
  readonly #effort: Effort;

  constructor(effort: Effort, container: Types) {
    this.#root = growing(container);
    this.#container = container;
    this.#effort = effort;
  }

  /** What has been added so far; not to be added to any more. */
  get shape(): Shape {
    for (const { items } of this.#wholes) if (items) items.isOpen = true;
    return this.#root;
  }

  /** Adds what is read. `isWhole`: more may be read of its elements than what is added. */
  read(path: ShapePath, isWhole: boolean, uses: Types): void {
    const found = this.#at(path, () => true);
    if (!found) return;
    found.isNamed = true;
    found.isOpen = true;
    found.uses = meet(found.uses, uses);
    if (isWhole) this.#wholes.push(found);
  }

  /**
   * Adds what is written, as the engine does: a whole that is written later takes the place of its parts, and a part goes into objects only.
   * Undefined is written where nothing is known of it.
   */
  write(path: ShapePath, written: Shape | undefined): void {
    const found = this.#at(path, (whole) => !whole.isNamed || onlyObjects(whole.types));
    if (!found) return;
    const told = path.length > MAX_SHAPE_DEPTH ? undefined : written;
    Object.assign(found, this.#grown(told ?? leaf(undefined)), { isNamed: true });
  }

  /** What has been written at this path, or into it. Changes when more is written. */
  written(path: ShapePath): Shape | undefined {
    let here: Shape | undefined = this.#root;
    for (const name of path) here = here?.fields.get(name);
    return here;
  }

  #grown(shape: Shape): Growing {
    const fields = new Map<string, Growing>();
    if (!this.#effort.spend(MAKING)) return { ...shape, fields, items: undefined };
    for (const [name, field] of shape.fields) fields.set(name, this.#grown(field));
    return { ...shape, fields, items: shape.items && this.#grown(shape.items) };
  }

  #at(path: ShapePath, mayPass: (whole: Growing) => boolean): Growing | undefined {
    if (!this.#effort.spend(path.length)) return undefined;
    let here = this.#root;
    for (const name of path.slice(0, MAX_SHAPE_DEPTH)) {
      if (!mayPass(here)) return undefined;
      let next = name === ELEMENTS ? here.items : here.fields.get(name);
      if (!next) {
        if (!this.#effort.spend(MAKING)) return undefined;
        next = growing(this.#container);
        if (name === ELEMENTS) here.items = next;
        else here.fields.set(name, next);
      }
      here = next;
    }
    return here;
  }
}

const onlyObjects = (types: Types) => types?.size === 1 && types.has("object");
const mayBeObject = (types: Types) => !types || types.has("object");

/** A value that is one or the other, or both put together. */
export function either(a: Shape, b: Shape, effort: Effort): Shape {
  if (a === b) return a;
  return {
    types: union(a.types, b.types),
    uses: union(a.uses, b.uses),
    isNamed: a.isNamed || b.isNamed,
    isExtra: a.isExtra && b.isExtra,
    isRequired: a.isRequired || b.isRequired,
    items: a.items && b.items ? either(a.items, b.items, effort) : (a.items ?? b.items),
    places: placesOfEither(a.places, b.places, effort),
    ...fieldsOfBoth(a, b, effort, either),
  };
}

function placesOfEither(a: readonly Shape[], b: readonly Shape[], effort: Effort): readonly Shape[] {
  if (a.length === 0 || b.length === 0) return a.length > 0 ? a : b;
  if (!effort.spend(a.length + b.length)) return [];
  const [longer, shorter] = a.length >= b.length ? [a, b] : [b, a];
  return longer.map((shape, place) => (place < shorter.length ? either(shape, shorter[place]!, effort) : shape));
}

/** A value written over another: objects are put together field by field, everything else is replaced. */
export function over(under: Shape, own: Shape, effort: Effort): Shape {
  if (!onlyObjects(own.types) || !mayBeObject(under.types)) return own;
  return { ...own, ...fieldsOfBoth(under, own, effort, over) };
}

function fieldsOfBoth(
  a: Shape,
  b: Shape,
  effort: Effort,
  both: (a: Shape, b: Shape, effort: Effort) => Shape,
): Pick<Shape, "fields" | "patterns" | "isOpen"> {
  const all = a.patterns.length === 0 ? b.patterns : a.patterns.concat(b.patterns);
  const isOpen = a.isOpen || b.isOpen || all.length > MAX_PATTERNS;
  const patterns = isOpen ? [] : all;
  if (b.fields.size === 0) return { fields: a.fields, patterns, isOpen };
  if (a.fields.size === 0) return { fields: b.fields, patterns, isOpen };
  if (!effort.spend(a.fields.size + b.fields.size)) return { fields: NO_FIELDS, patterns, isOpen };
  const fields = new Map(a.fields);
  for (const [name, shape] of b.fields) {
    const known = fields.get(name);
    fields.set(name, known ? both(known, shape, effort) : shape);
  }
  return { fields, patterns, isOpen };
}

/** What is told, and beside it what else is there. */
export function beside(told: Shape, others: Shape): Shape {
  if (others.fields.size === 0 && !others.items) return told;
  const fields = new Map(told.fields);
  for (const [name, other] of others.fields) fields.set(name, beside(fields.get(name) ?? extra(other), other));
  return {
    ...told,
    fields,
    items: others.items ? beside(told.items ?? extra(others.items), others.items) : told.items,
  };
}

const extra = ({ types, isOpen }: Shape): Shape => ({ ...UNTOLD, types, isExtra: true, isOpen });

/** Whether what stands at this path is in the shape: itself, in part, or in a whole that was named itself. */
export function covers(shape: Shape, path: ShapePath): boolean {
  let here: Shape | undefined = shape;
  for (const name of path) {
    if (here.isNamed) return true;
    here = name === ELEMENTS ? here.items : here.fields.get(name);
    if (!here) return false;
  }
  return true;
}

/** Fields that are listed, at most. */
const MAX_LISTED = 2_000;

/** The fields that are named themselves, by their paths: `customer.age`, and `owners[].name` for those of list elements. At most 2,000. */
export function fieldsOf(shape: Shape, effort: Effort): Map<string, Shape> {
  const listed = new Map<string, Shape>();
  const add = (inner: Shape, path: string) => {
    if (listed.size >= MAX_LISTED || !effort.spend(1 + (path.length >> 3))) return;
    if (inner.isNamed) listed.set(path, inner);
    for (const [name, field] of inner.fields) add(field, fieldPath(path, name));
    for (const [place, element] of inner.places.entries()) add(element, elementPath(path, place));
    if (inner.items) add(inner.items, elementPath(path));
  };
  add(shape, "");
  return listed;
}
