/**
 * What a graph may not do on our machines, shared by validation (which refuses it with a path) and by the evaluator (which refuses to load it).
 *
 * Two ways out of zen-engine 0.52.1 were found by trying and are closed here:
 * - A function node can `delete globalThis.__executeHttp`; after that its `http` module uses zen's own client and reaches any address,
 *   our `httpHandler` notwithstanding. The lock below makes the property permanent before any of the node's own code runs. Beside it,
 *   sources that name another module, or a computed one, are not loaded, and where the system allows it evaluator children have no network.
 * - A JSON schema of an input or output node may `$ref` an http: or file: address, which zen fetches.
 */
import { findForbiddenImport } from "./evaluate-imports.ts";
import { isJsonObject, own, type JsonValue } from "./evaluate-json.ts";

/**
 * Stands before the source of every function node, on its first line, so that line numbers in its errors stay right. It must name nothing: a
 * declaration anywhere in the source (`function Object() {}`) is hoisted above it, and stands for the global of that name. Text given to the
 * function constructor is compiled in the global scope, where no declaration of a module reaches. All function nodes of an evaluation share their
 * globals: the lock of the first holds for all, whatever its code does to the globals that the locks of the others use.
 */
export const FUNCTION_LOCK = `(()=>{}).constructor(${JSON.stringify(
  'Object.defineProperty(globalThis,"__executeHttp",{value:globalThis.__executeHttp,configurable:false,writable:false})',
)})();`;

const KNOWN_META_SCHEMA = /^https?:\/\/json-schema\.org\//;
const REFERENCES = new Set(["$ref", "$dynamicRef", "$recursiveRef"]);

/**
 * The JSON pointer-like path of the first thing in a JSON schema that would make the validator load something, or undefined.
 * References within the schema (`#/…`) are fine.
 */
export function findRemoteReference(schema: JsonValue, path = ""): string | undefined {
  if (Array.isArray(schema)) {
    for (const [index, one] of schema.entries()) {
      const found = findRemoteReference(one, `${path}/${index}`);
      if (found) return found;
    }
    return undefined;
  }
  if (!isJsonObject(schema)) return undefined;
  for (const name of Object.keys(schema)) {
    const value = schema[name]!;
    const here = `${path}/${name}`;
    if (REFERENCES.has(name) && typeof value === "string" && !value.startsWith("#")) return here;
    if ((name === "$id" || name === "id") && typeof value === "string" && value.includes(":")) return here;
    if (name === "$schema" && !(typeof value === "string" && KNOWN_META_SCHEMA.test(value))) return here;
    const found = findRemoteReference(value, here);
    if (found) return found;
  }
  return undefined;
}

/**
 * The graph as the evaluator loads it: nodes and edges only, with every function locked in. Throws an Error, fit to be shown,
 * when the config is not a graph, or has a schema or a function that loads something.
 */
export function hardenGraph(config: JsonValue): { nodes: JsonValue[]; edges: JsonValue[] } {
  const nodes = isJsonObject(config) ? own(config, "nodes") : undefined;
  const edges = isJsonObject(config) ? own(config, "edges") : undefined;
  if (!Array.isArray(nodes) || !Array.isArray(edges)) throw new Error("it has no nodes and edges");
  return { nodes: nodes.map(hardenNode), edges };
}

function hardenNode(node: JsonValue): JsonValue {
  const content = isJsonObject(node) ? own(node, "content") : undefined;
  const type = isJsonObject(node) ? own(node, "type") : undefined;
  if (type === "functionNode" && !isJsonObject(content)) throw new Error("a function has no source");
  if (!isJsonObject(node) || !isJsonObject(content)) return node;
  if (type === "functionNode") {
    const source = own(content, "source");
    if (typeof source !== "string") throw new Error("a function has no source");
    const forbidden = findForbiddenImport(source);
    if (forbidden) throw new Error(forbidden);
    return { ...node, content: { ...content, source: `${FUNCTION_LOCK}${source}` } };
  }
  if (type === "inputNode" || type === "outputNode") refuseRemoteSchema(own(content, "schema"));
  return node;
}

function refuseRemoteSchema(text: JsonValue | undefined): void {
  if (typeof text !== "string" || text.trim() === "") return;
  let schema: JsonValue;
  try {
    schema = JSON.parse(text) as JsonValue;
  } catch {
    return; // zen ignores a schema that is not JSON
  }
  const where = findRemoteReference(schema);
  if (where) throw new Error(`a JSON schema refers to another document at ${where}`);
}
