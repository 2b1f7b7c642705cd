/** The types that a JSON schema allows a value to have. Pure. */
import { isJsonObject, own, type JsonObject, type JsonValue } from "./evaluate-json.ts";
import { JSON_TYPES, type JsonType, meet, type Types, union } from "./expression-types.ts";
import type { SchemaReferences } from "./schema-references.ts";

/** `implied`: by what it says of fields or elements, where nothing tells the types themselves. */
export type SchemaTypes = { told: Types; implied: Types };

const UNTOLD: SchemaTypes = { told: undefined, implied: undefined };
const ANYTHING: SchemaTypes = { told: new Set(JSON_TYPES), implied: undefined };

/** Longest way from one schema to another, by references, parts and choices. */
const MAX_STEPS_IN = 64;

/** Tells the types of the schemas in one; looks at each of them once, however often others refer to it. */
export class TypesReader {
  readonly #references: SchemaReferences;
  readonly #known = new Map<JsonObject, SchemaTypes>();

  constructor(references: SchemaReferences) {
    this.#references = references;
  }

  /** All that it says in `type`, `const`, `enum`, its parts, its choices and what it refers to, together; `{}` and `true` say that it may be anything. */
  of(schema: JsonValue, stepsIn = 0): SchemaTypes {
    if (schema === true) return ANYTHING;
    if (!isJsonObject(schema) || stepsIn > MAX_STEPS_IN) return UNTOLD;
    const known = this.#known.get(schema);
    if (known) return known;
    // What goes round says nothing of itself.
    this.#known.set(schema, UNTOLD);
    const types = Object.keys(schema).length === 0 ? ANYTHING : this.#read(schema, stepsIn + 1);
    this.#known.set(schema, types);
    return types;
  }

  #read(schema: JsonObject, stepsIn: number): SchemaTypes {
    const ref = own(schema, "$ref");
    const parts = typeof ref === "string" ? [this.#references.find(ref) ?? null] : [];
    const whole = [...parts, ...listAt(schema, "allOf")].map((part) => this.of(part, stepsIn));
    const choices = ["anyOf", "oneOf"].map((name) => this.#eitherOf(listAt(schema, name), stepsIn));
    const told = [namedTypes(schema), valueTypes(schema), ...whole.map((part) => part.told), ...choices].reduce(meet);
    return { told, implied: impliedTypes(schema) ?? whole.find((part) => part.implied)?.implied };
  }

  #eitherOf(choices: readonly JsonValue[], stepsIn: number): Types {
    if (choices.length === 0) return undefined;
    return choices
      .map((choice) => this.of(choice, stepsIn))
      .map(({ told, implied }) => told ?? implied)
      .reduce(union);
  }
}

/** The list at a keyword; empty where there is none. */
export function listAt(schema: JsonObject, name: string): JsonValue[] {
  const value = own(schema, name);
  return Array.isArray(value) ? value : [];
}

function namedTypes(schema: JsonObject): Types {
  const type = own(schema, "type");
  const named = (Array.isArray(type) ? type : [type]).filter((one) => JSON_TYPES.includes(one as JsonType));
  return named.length > 0 ? new Set(named as JsonType[]) : undefined;
}

function valueTypes(schema: JsonObject): Types {
  const values = Object.hasOwn(schema, "const") ? [schema.const!] : listAt(schema, "enum");
  return values.length > 0 ? new Set(values.map(typeOfValue)) : undefined;
}

function impliedTypes(schema: JsonObject): Types {
  if (isJsonObject(own(schema, "properties"))) return new Set(["object"]);
  return Object.hasOwn(schema, "items") || Object.hasOwn(schema, "prefixItems") ? new Set(["array"]) : undefined;
}

function typeOfValue(value: JsonValue): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as JsonType;
}
