/** The fields that a JSON schema names, with their types. Pure; takes milliseconds, whatever the schema. */
import { JSON_TYPES, type JsonType, union } from "./expression-text.ts";
import { isJsonObject, own, type JsonObject, type JsonValue } from "./evaluate-json.ts";

export type SchemaField = {
  /** Undefined where the schema does not say, or not in words that are understood here. */
  types: ReadonlySet<JsonType> | undefined;
  /** Whether the object that it belongs to must have it. */
  isRequired: boolean;
};

/** More than schemas have that people write; references could make a small text name millions, or lead millions of ways to nothing. */
const MAX_FIELDS = 2_000;
const MAX_STEPS = 10_000;

type Walk = { root: JsonValue; fields: Map<string, SchemaField>; refs: Set<string>; steps: number };

/**
 * The fields by their paths: `customer.age`, and `owners[].name` for those of list elements. Follows `properties`, `items`, `allOf` and
 * references within the schema; what stands in `anyOf`, `oneOf` and the like gives types but no fields. Undefined where the text is empty or
 * not a schema; at most 2,000 fields are named.
 */
export function schemaFields(text: string | null | undefined): Map<string, SchemaField> | undefined {
  if (!text?.trim()) return undefined;
  let root: JsonValue;
  try {
    root = JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
  if (!isJsonObject(root)) return undefined;
  const walk: Walk = { root, fields: new Map(), refs: new Set(), steps: 0 };
  addMembers(walk, root, "");
  return walk.fields;
}

/** Adds what an object or a list, whose schema this is, has in it. */
function addMembers(walk: Walk, schema: JsonObject, path: string): void {
  walk.steps += 1;
  if (walk.steps > MAX_STEPS) return;
  const ref = own(schema, "$ref");
  if (typeof ref === "string") {
    const target = resolve(walk.root, ref);
    // One that is being followed already goes round.
    if (target && !walk.refs.has(ref)) {
      walk.refs.add(ref);
      addMembers(walk, target, path);
      walk.refs.delete(ref);
    }
  }
  const required = own(schema, "required");
  const names = new Set(Array.isArray(required) ? required : []);
  const properties = own(schema, "properties");
  for (const [name, property] of isJsonObject(properties) ? Object.entries(properties) : []) {
    const here = path === "" ? name : `${path}.${name}`;
    const before = walk.fields.get(here);
    if (!before && walk.fields.size === MAX_FIELDS) return;
    walk.fields.set(here, {
      types: before?.types ?? typesOfSchema(walk.root, property, 0),
      isRequired: names.has(name) || before?.isRequired === true,
    });
    if (isJsonObject(property)) addMembers(walk, property, here);
  }
  const items = own(schema, "items");
  if (isJsonObject(items)) addMembers(walk, items, `${path}[]`);
  for (const part of listOf(schema, "allOf")) if (isJsonObject(part)) addMembers(walk, part, path);
}

function listOf(schema: JsonObject, name: string): JsonValue[] {
  const value = own(schema, name);
  return Array.isArray(value) ? value : [];
}

/** What `#/definitions/x` names. */
function resolve(root: JsonValue, ref: string): JsonObject | undefined {
  if (!ref.startsWith("#")) return undefined;
  let value: JsonValue | undefined = root;
  for (const part of ref.slice(1).split("/").slice(1)) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    value = isJsonObject(value) ? own(value, name) : undefined;
  }
  return isJsonObject(value) ? value : undefined;
}

const MAX_DEPTH = 16;

function typesOfSchema(root: JsonValue, schema: JsonValue, depth: number): ReadonlySet<JsonType> | undefined {
  if (!isJsonObject(schema) || depth > MAX_DEPTH) return undefined;
  const type = own(schema, "type");
  const named = (Array.isArray(type) ? type : [type]).filter((one) => JSON_TYPES.includes(one as JsonType));
  if (named.length > 0) return new Set(named as JsonType[]);
  const values = Object.hasOwn(schema, "const") ? [schema.const!] : listOf(schema, "enum");
  if (values.length > 0) return new Set(values.map(typeOfValue));
  const ref = own(schema, "$ref");
  if (typeof ref === "string") return typesOfSchema(root, resolve(root, ref) ?? null, depth + 1);
  const either = [...listOf(schema, "anyOf"), ...listOf(schema, "oneOf")];
  // One level only: a schema of choices of choices could otherwise take for ever.
  if (either.length > 0 && depth < 2) {
    return either.map((one) => typesOfSchema(root, one, depth + 1)).reduce((all, one) => union(all, one));
  }
  if (isJsonObject(own(schema, "properties"))) return new Set(["object"]);
  return Object.hasOwn(schema, "items") ? new Set(["array"]) : undefined;
}

function typeOfValue(value: JsonValue): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as JsonType;
}
