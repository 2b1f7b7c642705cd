/** The types that a JSON schema allows a value to have. Pure. */
import { cyclesFrom } from "./cycles.ts";
import { isJsonObject, own, type JsonObject, type JsonValue } from "./evaluate-json.ts";
import { JSON_TYPES, type JsonType, meet, type Types, union } from "./json-types.ts";
import type { SchemaReferences } from "./schema-references.ts";

/** `implied`: by what it says of fields or elements, where nothing tells the types themselves. */
export type SchemaTypes = { told: Types; implied: Types };

const UNTOLD: SchemaTypes = { told: undefined, implied: undefined };
const ANYTHING: SchemaTypes = { told: new Set(JSON_TYPES), implied: undefined };
const CHOICES = ["anyOf", "oneOf"];

/**
 * Tells the types of the schemas in one; looks at each of them once, however often others refer to it. Schemas that go round say nothing of each
 * other, so that it is the same whichever of them is asked for first.
 */
export class TypesReader {
  readonly #references: SchemaReferences;
  readonly #known = new Map<JsonObject, SchemaTypes>();

  constructor(references: SchemaReferences) {
    this.#references = references;
  }

  /** All that it says in `type`, `const`, `enum`, its parts, its choices and what it refers to, together; `{}` and `true` say that it may be anything. */
  of(schema: JsonValue): SchemaTypes {
    if (isJsonObject(schema) && !this.#known.has(schema)) {
      for (const cycle of cyclesFrom(schema, (one) => this.#unknownIn(one))) {
        const read = cycle.map((one) => [one, this.#read(one)] as const);
        for (const [one, types] of read) this.#known.set(one, types);
      }
    }
    return this.#knownOf(schema);
  }

  #knownOf(schema: JsonValue): SchemaTypes {
    if (schema === true) return ANYTHING;
    return (isJsonObject(schema) ? this.#known.get(schema) : undefined) ?? UNTOLD;
  }

  #unknownIn(schema: JsonObject): JsonObject[] {
    const all = [...this.#wholeOf(schema), ...CHOICES.flatMap((name) => listAt(schema, name))];
    return all.filter((part): part is JsonObject => isJsonObject(part) && !this.#known.has(part));
  }

  /** The schemas that hold together with it. */
  #wholeOf(schema: JsonObject): JsonValue[] {
    const ref = own(schema, "$ref");
    const parts = typeof ref === "string" ? [this.#references.find(ref) ?? null] : [];
    return [...parts, ...listAt(schema, "allOf")];
  }

  #read(schema: JsonObject): SchemaTypes {
    if (Object.keys(schema).length === 0) return ANYTHING;
    const whole = this.#wholeOf(schema).map((part) => this.#knownOf(part));
    const choices = CHOICES.map((name) => this.#eitherOf(listAt(schema, name)));
    const told = [namedTypes(schema), valueTypes(schema), ...whole.map((part) => part.told), ...choices].reduce(meet);
    return { told, implied: impliedTypes(schema) ?? whole.find((part) => part.implied)?.implied };
  }

  #eitherOf(choices: readonly JsonValue[]): Types {
    if (choices.length === 0) return undefined;
    return choices
      .map((choice) => this.#knownOf(choice))
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
  if (Number.isInteger(value)) return "integer";
  return typeof value as JsonType;
}
