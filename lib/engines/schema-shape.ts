/** The shape of what a JSON schema takes. Pure. */
import { JSON_TYPES, type JsonType, type Types, union } from "./expression-types.ts";
import { isJsonObject, own, type JsonObject, type JsonValue } from "./evaluate-json.ts";
import { type Effort, MAKING, type Shape, UNTOLD } from "./shape.ts";

/** What a shape is while parts of a schema are still added to it. */
type Growing = Omit<Shape, "fields" | "items"> & {
  fields: Map<string, Growing>;
  items: Growing | undefined;
  hasChoices: boolean;
};

type Walk = {
  root: JsonValue;
  effort: Effort;
  /** References that are being followed: one of them again goes round. */
  following: Set<string>;
  targets: Map<string, JsonObject | undefined>;
  types: Map<JsonObject, Types>;
};

/** Longest way into a schema, by fields, elements, parts and references. */
const MAX_STEPS_IN = 64;

/** Where other fields may be named, or none at all. */
const CHOICES = ["anyOf", "oneOf", "if", "patternProperties", "dependentSchemas"] as const;

/**
 * Follows `properties`, `items`, `allOf` and references within the schema; what stands in `anyOf`, `oneOf` and the like gives types, and leaves
 * open which fields there are. Undefined where it is no schema, or says nothing but that there is an object.
 */
export function shapeOfSchema(root: JsonValue | undefined, effort: Effort): Shape | undefined {
  if (!isJsonObject(root)) return undefined;
  const walk: Walk = { root, effort, following: new Set(), targets: new Map(), types: new Map() };
  const shape = growing();
  addMembers(walk, root, shape, 0);
  if (effort.isSpent) return UNTOLD;
  const saysNothing = shape.isOpen && !shape.items && (!shape.types || shape.types.has("object"));
  if (saysNothing && !isJsonObject(own(root, "properties"))) return undefined;
  return { ...shape, isOpen: shape.hasChoices };
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
  return { ...UNTOLD, fields: new Map(), items: undefined, hasChoices: false };
}

/** Adds to the shape of a value what its schema says, beside what other parts of the schema have said of it. */
function addMembers(walk: Walk, schema: JsonValue, shape: Growing, stepsIn: number): void {
  if (!isJsonObject(schema) || stepsIn > MAX_STEPS_IN || !walk.effort.spend(MAKING)) return;
  shape.types ??= typesOfSchema(walk, schema, 0);
  shape.hasChoices ||= CHOICES.some((name) => Object.hasOwn(schema, name));
  const ref = own(schema, "$ref");
  if (typeof ref === "string" && !walk.following.has(ref)) {
    walk.following.add(ref);
    addMembers(walk, resolve(walk, ref) ?? null, shape, stepsIn + 1);
    walk.following.delete(ref);
  }
  addProperties(walk, schema, shape, stepsIn);
  const items = own(schema, "items");
  if (isJsonObject(items)) addMembers(walk, items, (shape.items ??= growing()), stepsIn + 1);
  for (const part of listAt(schema, "allOf")) addMembers(walk, part, shape, stepsIn + 1);
  shape.isOpen = shape.hasChoices || shape.fields.size === 0;
}

function addProperties(walk: Walk, schema: JsonObject, shape: Growing, stepsIn: number): void {
  const required = listAt(schema, "required");
  if (!walk.effort.spend(required.length)) return;
  const names = new Set(required);
  const properties = own(schema, "properties");
  for (const [name, property] of isJsonObject(properties) ? Object.entries(properties) : []) {
    if (walk.effort.isSpent) return;
    const field = shape.fields.get(name) ?? growing();
    shape.fields.set(name, field);
    field.isNamed = true;
    field.isRequired ||= names.has(name);
    addMembers(walk, property, field, stepsIn + 1);
  }
}

function listAt(schema: JsonObject, name: string): JsonValue[] {
  const value = own(schema, name);
  return Array.isArray(value) ? value : [];
}

/** What `#/definitions/x` names. */
function resolve(walk: Walk, ref: string): JsonObject | undefined {
  if (walk.targets.has(ref)) return walk.targets.get(ref);
  let value: JsonValue | undefined = ref.startsWith("#") ? walk.root : undefined;
  for (const part of ref.split("/").slice(1)) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    value = isJsonObject(value) ? own(value, name) : undefined;
  }
  const target = isJsonObject(value) ? value : undefined;
  walk.targets.set(ref, target);
  return target;
}

/** Each schema is looked at once, however often others refer to it. */
function typesOfSchema(walk: Walk, schema: JsonValue, stepsIn: number): Types {
  if (!isJsonObject(schema) || stepsIn > MAX_STEPS_IN) return undefined;
  if (walk.types.has(schema)) return walk.types.get(schema);
  // What goes round says nothing of itself.
  walk.types.set(schema, undefined);
  const types = readTypes(walk, schema, stepsIn);
  walk.types.set(schema, types);
  return types;
}

function readTypes(walk: Walk, schema: JsonObject, stepsIn: number): Types {
  const type = own(schema, "type");
  const named = (Array.isArray(type) ? type : [type]).filter((one) => JSON_TYPES.includes(one as JsonType));
  if (named.length > 0) return new Set(named as JsonType[]);
  const values = Object.hasOwn(schema, "const") ? [schema.const!] : listAt(schema, "enum");
  if (values.length > 0) return new Set(values.map(typeOfValue));
  const ref = own(schema, "$ref");
  if (typeof ref === "string") return typesOfSchema(walk, resolve(walk, ref) ?? null, stepsIn + 1);
  const choices = [...listAt(schema, "anyOf"), ...listAt(schema, "oneOf")];
  if (choices.length > 0) return choices.map((one) => typesOfSchema(walk, one, stepsIn + 1)).reduce(union);
  if (isJsonObject(own(schema, "properties"))) return new Set(["object"]);
  return Object.hasOwn(schema, "items") ? new Set(["array"]) : undefined;
}

function typeOfValue(value: JsonValue): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as JsonType;
}
