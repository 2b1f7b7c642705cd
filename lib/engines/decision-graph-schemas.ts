/** The JSON schemas of input and output nodes: what is wrong with them without compiling, and the text that is compiled. Pure. */
import type { GraphNode, GraphProblem } from "./decision-graph.ts";
import type { NodeContents } from "./decision-graph-sources.ts";
import { findRemoteReference } from "./evaluate-hazards.ts";
import { isJsonObject, own, type JsonObject, type JsonValue } from "./evaluate-json.ts";
import { JSON_TYPES } from "./json-types.ts";

/** Deepest nesting of a schema, as of everything else that is kept. */
export const MAX_SCHEMA_DEPTH = 64;

/** Reads the schema of a node, which stands at `path`. Empty text is none. */
export function readSchema(node: Extract<GraphNode, { type: "inputNode" | "outputNode" }>, path: string): NodeContents {
  const text = node.content?.schema;
  if (!text?.trim()) return { sources: [], problems: [] };
  const wrong = (message: string): NodeContents => {
    const problem: GraphProblem = { path, code: "schema_invalid", message, node_id: node.id };
    return { sources: [], problems: [problem] };
  };
  let schema: JsonValue;
  try {
    schema = JSON.parse(text) as JsonValue;
  } catch (error) {
    return wrong(`The schema is not JSON: ${(error as Error).message}`);
  }
  if (!isJsonObject(schema) && typeof schema !== "boolean") return wrong("A schema is a JSON object");
  if (isDeeper(schema, MAX_SCHEMA_DEPTH)) return wrong(`The schema is nested deeper than ${MAX_SCHEMA_DEPTH} levels`);
  const where = findRemoteReference(schema);
  if (where) {
    return wrong(`The schema refers to another document at ${where}; only references within it (#/…) are followed`);
  }
  const type = findUnknownType(schema, "");
  if (type) return wrong(`The schema has ${type.name} at ${type.path}; types are ${JSON_TYPES.join(", ")}`);
  const compiled = compilable(schema);
  const sources = compiled === undefined ? [] : [{ kind: "schema" as const, text: compiled, path, nodeId: node.id }];
  return { sources, problems: [] };
}

/** Whether a value is nested deeper than so many levels. */
export function isDeeper(value: JsonValue, most: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return most === 0 || Object.values(value).some((inner) => isDeeper(inner, most - 1));
}

/** Fields of a schema whose values are data and no schemas. */
const DATA = new Set(["const", "enum", "default", "examples"]);

/** The first type that JSON Schema does not know. The compiler's own words for it name no place. */
function findUnknownType(schema: JsonValue, path: string): { path: string; name: string } | undefined {
  if (Array.isArray(schema)) {
    for (const [index, one] of schema.entries()) {
      const found = findUnknownType(one, `${path}/${index}`);
      if (found) return found;
    }
    return undefined;
  }
  if (!isJsonObject(schema)) return undefined;
  for (const [name, value] of Object.entries(schema)) {
    const here = `${path}/${name}`;
    const types = name === "type" ? [value].flat().filter((one) => typeof one === "string") : [];
    const unknown = types.find((one) => !(JSON_TYPES as readonly string[]).includes(one));
    if (unknown !== undefined) return { path: here, name: `the type "${unknown}"` };
    const found = DATA.has(name) ? undefined : findUnknownType(value, here);
    if (found) return found;
  }
  return undefined;
}

/**
 * A schema that everything fits, and that compiles where the given one does: compiled alone, a schema that refuses what it is tried on could not be
 * told from one that does not compile. Undefined where parts have ids of their own, because references are relative to them.
 */
function compilable(schema: JsonObject | boolean): string | undefined {
  if (typeof schema === "boolean") return undefined;
  const { $schema: dialect, $id: _id, id: _oldId, ...rest } = schema;
  if (hasIds(rest)) return undefined;
  const wrapper = { ...(dialect === undefined ? {} : { $schema: dialect }), anyOf: [{}, moveReferences(rest)] };
  return JSON.stringify(wrapper);
}

function hasIds(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.some(hasIds);
  if (!isJsonObject(value)) return false;
  if (typeof own(value, "$id") === "string" || typeof own(value, "id") === "string") return true;
  return Object.values(value).some(hasIds);
}

/** References by path, now that what they refer to stands one level deeper. */
function moveReferences(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(moveReferences);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([name, inner]): [string, JsonValue] => {
    const isPath = name === "$ref" && typeof inner === "string" && /^#(\/|$)/.test(inner);
    return [name, isPath ? `#/anyOf/1${(inner as string).slice(1)}` : moveReferences(inner)];
  });
  return Object.fromEntries(entries);
}
