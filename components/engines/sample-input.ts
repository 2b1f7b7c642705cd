/** Inputs to try an engine with: those of the examples, and one made from the schema of the graph's input node. */
import type { EngineType } from "@/components/engines/engine-types";
import { fromValues, type TriedInput } from "@/components/engines/tried-input";
import { portalFetch } from "@/lib/http/portal-client";

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The example request that fits engines of this type, by the slug of its example engine; undefined where there is none. */
export function exampleFor(type: EngineType): string | undefined {
  return { placement: "loan-placement", entity_analysis: "company-check", http: undefined }[type];
}

/** The example request of an engine that has one. */
export async function readExample(slug: string, signal?: AbortSignal): Promise<TriedInput> {
  const options = signal ? { signal } : {};
  return fromValues(await portalFetch<{ input: unknown; offerings?: unknown }>(`/examples/${slug}.json`, options));
}

const DEEPEST = 8;

/** A value of the simplest kind that a JSON schema describes: what it calls an example or a default, else empty texts, zeros, first choices. */
function sampleOf(schema: unknown, depth = 0): unknown {
  if (!isObject(schema) || depth > DEEPEST) return {};
  for (const name of ["default", "const"]) if (name in schema) return schema[name];
  for (const name of ["examples", "enum"]) {
    const list = schema[name];
    if (Array.isArray(list) && list.length > 0) return list[0] as unknown;
  }
  const type = Array.isArray(schema["type"]) ? schema["type"][0] : schema["type"];
  if (type === "string") return "";
  if (type === "number" || type === "integer") return sampleNumber(schema);
  if (type === "boolean") return false;
  if (type === "null") return null;
  if (type === "array") return [];
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  return Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, sampleOf(field, depth + 1)]));
}

function sampleNumber({ minimum, exclusiveMinimum }: Json): number {
  if (typeof minimum === "number") return minimum;
  return typeof exclusiveMinimum === "number" ? exclusiveMinimum + 1 : 0;
}

/** A request for a config, `{input}`: by the schema of its input node. A placement's graph is given `{input, offering}`; the offering comes from the config. */
export function sampleRequest(type: EngineType, config: unknown): { input: unknown } {
  const nodes = isObject(config) && Array.isArray(config["nodes"]) ? (config["nodes"] as unknown[]) : [];
  const entry = nodes.find((node) => isObject(node) && node["type"] === "inputNode");
  const content = isObject(entry) && isObject(entry["content"]) ? entry["content"] : {};
  const sample = sampleOf(parseSchema(content["schema"]));
  if (type !== "placement") return { input: sample };
  return { input: isObject(sample) && "input" in sample ? sample["input"] : {} };
}

function parseSchema(text: unknown): unknown {
  if (typeof text !== "string") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
