/** The shape of what a JSON schema takes. Pure. */
import { isJsonObject, own, type JsonObject, type JsonValue } from "./evaluate-json.ts";
import { meet, type Types, union } from "./json-types.ts";
import { type NamePattern, patternOf } from "./name-pattern.ts";
import { SchemaReferences } from "./schema-references.ts";
import { listAt, TypesReader } from "./schema-types.ts";
import { type Effort, MAKING, MAX_PATTERNS, type Shape, UNTOLD } from "./shape.ts";

/** What a shape is while parts of a schema are still added to it. */
type Growing = Omit<Shape, "fields" | "items" | "places" | "patterns"> & {
  fields: Map<string, Growing>;
  items: Growing | undefined;
  places: Growing[];
  patterns: NamePattern[];
  told: Types;
  implied: Types;
  requires: Set<string>;
  /** Whether it may have fields that nobody can tell. */
  isUnsure: boolean;
};

type Walk = {
  effort: Effort;
  references: SchemaReferences;
  types: TypesReader;
  /** References that are being followed: one of them again goes round. */
  following: Set<string>;
  /** Choices that are being followed: what one of them requires, another may not. */
  choices: number;
};

/** Longest way into a schema, by fields, elements, parts and references. */
const MAX_STEPS_IN = 64;

/**
 * Follows `properties`, `required`, `items`, `prefixItems`, `allOf` and references within the schema. What choices name (`anyOf`, `oneOf`, `then`,
 * `dependentSchemas`) is named too, and required where every one of `anyOf` or `oneOf` requires it. Undefined where it is no schema, or says nothing
 * but that there is an object.
 */
export function shapeOfSchema(root: JsonValue | undefined, effort: Effort): Shape | undefined {
  if (!isJsonObject(root)) return undefined;
  const references = new SchemaReferences(root);
  const walk = { effort, references, types: new TypesReader(references), following: new Set<string>(), choices: 0 };
  const shape = growing();
  addMembers(walk, root, shape, 0);
  if (effort.isSpent) return UNTOLD;
  const isList = shape.items || shape.places.length > 0;
  const saysNothing = shape.isOpen && !isList && (!shape.types || shape.types.has("object"));
  if (saysNothing && !isJsonObject(own(root, "properties"))) return undefined;
  return { ...shape, isOpen: shape.isUnsure };
}

/** The schema that a text is; undefined where it is empty or not JSON. */
export function parseSchema(text: string | null | undefined): JsonValue | undefined {
  if (!text?.trim()) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function growing(): Growing {
  return {
    ...UNTOLD,
    fields: new Map(),
    items: undefined,
    places: [],
    patterns: [],
    told: undefined,
    implied: undefined,
    requires: new Set(),
    isUnsure: false,
  };
}

/** Adds to the shape of a value what its schema says, beside what other parts of the schema have said of it. */
function addMembers(walk: Walk, schema: JsonValue, shape: Growing, stepsIn: number): void {
  if (stepsIn > MAX_STEPS_IN || !walk.effort.spend(MAKING)) return;
  const { told, implied } = walk.types.of(schema);
  addTypes(shape, meet(shape.told, told), shape.implied ?? implied);
  if (!isJsonObject(schema)) return;
  addReference(walk, schema, shape, stepsIn);
  addProperties(walk, schema, shape, stepsIn);
  addElements(walk, schema, shape, stepsIn);
  addPatterns(schema, shape);
  for (const part of listAt(schema, "allOf")) addMembers(walk, part, shape, stepsIn + 1);
  for (const name of ["anyOf", "oneOf"]) addChoices(walk, listAt(schema, name), shape, stepsIn);
  addConditions(walk, schema, shape, stepsIn);
  shape.isOpen = shape.isUnsure || shape.fields.size === 0;
}

function addTypes(shape: Growing, told: Types, implied: Types): void {
  Object.assign(shape, { told, implied, types: told ?? implied });
}

function addReference(walk: Walk, schema: JsonObject, shape: Growing, stepsIn: number): void {
  const ref = own(schema, "$ref");
  if (typeof ref !== "string" || walk.following.has(ref)) return;
  const target = walk.references.find(ref);
  if (!target) {
    shape.isUnsure = true;
    return;
  }
  walk.following.add(ref);
  addMembers(walk, target, shape, stepsIn + 1);
  walk.following.delete(ref);
}

function addProperties(walk: Walk, schema: JsonObject, shape: Growing, stepsIn: number): void {
  const properties = own(schema, "properties");
  for (const [name, property] of isJsonObject(properties) ? Object.entries(properties) : []) {
    if (walk.effort.isSpent) return;
    addMembers(walk, property, fieldOf(shape, name), stepsIn + 1);
  }
  for (const name of listAt(schema, "required")) {
    if (!walk.effort.spend(MAKING)) return;
    if (typeof name === "string") require(walk, shape, name);
  }
}

function fieldOf(shape: Growing, name: string): Growing {
  const field = shape.fields.get(name) ?? growing();
  field.isNamed = true;
  shape.fields.set(name, field);
  return field;
}

function require(walk: Walk, shape: Growing, name: string): void {
  shape.requires.add(name);
  fieldOf(shape, name).isRequired ||= walk.choices === 0;
}

/** Those of every element, and those of the first ones, which older drafts write as a list of `items`. */
function addElements(walk: Walk, schema: JsonObject, shape: Growing, stepsIn: number): void {
  const items = own(schema, "items");
  const places = Array.isArray(items) ? items : listAt(schema, "prefixItems");
  for (const [place, element] of places.entries()) {
    if (walk.effort.isSpent) return;
    addMembers(walk, element, (shape.places[place] ??= growing()), stepsIn + 1);
  }
  const others = Array.isArray(items) ? own(schema, "additionalItems") : items;
  if (isJsonObject(others)) addMembers(walk, others, (shape.items ??= growing()), stepsIn + 1);
}

function addPatterns(schema: JsonObject, shape: Growing): void {
  const patterns = own(schema, "patternProperties");
  const names = isJsonObject(patterns) ? Object.keys(patterns) : [];
  if (names.length > MAX_PATTERNS) shape.isUnsure = true;
  else shape.patterns.push(...names.map(patternOf));
  if (shape.patterns.length > MAX_PATTERNS) shape.isUnsure = true;
}

/** One or another of these, or several. */
function addChoices(walk: Walk, choices: readonly JsonValue[], shape: Growing, stepsIn: number): void {
  // What can be chosen is all that there is.
  if (choices.length === 1) return addMembers(walk, choices[0]!, shape, stepsIn + 1);
  const counts = addOptional(walk, choices, shape, stepsIn);
  for (const [name, count] of counts) if (count === choices.length) require(walk, shape, name);
}

function addConditions(walk: Walk, schema: JsonObject, shape: Growing, stepsIn: number): void {
  const dependent = own(schema, "dependentSchemas");
  const conditions = ["if", "then", "else"].filter((name) => Object.hasOwn(schema, name)).map((name) => schema[name]!);
  addOptional(walk, [...conditions, ...(isJsonObject(dependent) ? Object.values(dependent) : [])], shape, stepsIn);
}

/** Adds what may be there; the answer tells how many of the schemas require each field. */
function addOptional(
  walk: Walk,
  schemas: readonly JsonValue[],
  shape: Growing,
  stepsIn: number,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const together = growing();
  walk.choices += 1;
  for (const schema of schemas) {
    if (walk.effort.isSpent) break;
    const one = growing();
    addMembers(walk, schema, one, stepsIn + 1);
    for (const name of one.requires) counts.set(name, (counts.get(name) ?? 0) + 1);
    addContents(walk, together, one, "either");
  }
  walk.choices -= 1;
  addContents(walk, shape, together, "known");
  return counts;
}

/** Whose types stand: those that either may have, or those of what was known before. */
type Precedence = "either" | "known";

function addContents(walk: Walk, shape: Growing, other: Growing, types: Precedence): void {
  shape.isUnsure ||= other.isUnsure;
  shape.patterns.push(...other.patterns);
  if (shape.patterns.length > MAX_PATTERNS) {
    shape.isUnsure = true;
    shape.patterns.length = 0;
  }
  for (const [name, field] of other.fields) {
    if (!walk.effort.spend(1)) return;
    shape.fields.set(name, together(walk, shape.fields.get(name), field, types));
  }
  for (const [place, element] of other.places.entries()) {
    if (!walk.effort.spend(1)) return;
    shape.places[place] = together(walk, shape.places[place], element, types);
  }
  if (other.items) shape.items = together(walk, shape.items, other.items, types);
  shape.isOpen = shape.isUnsure || shape.fields.size === 0;
}

function together(walk: Walk, known: Growing | undefined, other: Growing, types: Precedence): Growing {
  if (!known || !walk.effort.spend(MAKING)) return other;
  known.isNamed ||= other.isNamed;
  if (types === "either") addTypes(known, union(known.types, other.types), undefined);
  addContents(walk, known, other, types);
  return known;
}
