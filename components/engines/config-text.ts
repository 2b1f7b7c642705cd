/** A config as the text that people edit. The database keeps no order of fields, so they are put into the order in which they are read. Pure. */
import { formatJson } from "@/components/json-editor/json-format";
import type { EngineConfig } from "@/lib/engines/schema";

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const FIRST_FIELDS: Record<"config" | "node" | "content" | "edge", readonly string[]> = {
  config: ["contentType", "nodes", "edges", "offerings", "url", "callback_timeout_ms", "headers"],
  node: ["id", "type", "name", "description", "content"],
  content: ["hitPolicy", "inputField", "outputPath", "executionMode", "passThrough", "inputs", "outputs"],
  edge: ["id", "type", "sourceId", "sourceHandle", "targetId"],
};

/** The fields named first, in that order, then the others as they are. */
function ordered(value: unknown, first: readonly string[]): unknown {
  if (!isObject(value)) return value;
  const names = [...first.filter((name) => Object.hasOwn(value, name)), ...Object.keys(value)];
  return Object.fromEntries([...new Set(names)].map((name) => [name, value[name]]));
}

function orderedNode(node: unknown): unknown {
  if (!isObject(node) || !isObject(node["content"])) return ordered(node, FIRST_FIELDS.node);
  const { inputs, outputs, rules } = node["content"];
  const columns = [...listOf(inputs), ...listOf(outputs)].flatMap((column) =>
    isObject(column) && typeof column["id"] === "string" ? [column["id"]] : [],
  );
  const cells = ["_id", "_description", ...columns];
  const content = {
    ...node["content"],
    ...(Array.isArray(rules) ? { rules: rules.map((rule) => ordered(rule, cells)) } : {}),
  };
  return ordered({ ...node, content: ordered(content, FIRST_FIELDS.content) }, FIRST_FIELDS.node);
}

/** The text of a config; null, where there is no draft yet, is an empty graph. */
export function configText(config: EngineConfig | null): string {
  if (config === null) return '{\n  "nodes": [],\n  "edges": []\n}';
  const { nodes, edges } = config;
  const arranged = {
    ...config,
    ...(Array.isArray(nodes) ? { nodes: nodes.map(orderedNode) } : {}),
    ...(Array.isArray(edges) ? { edges: edges.map((edge) => ordered(edge, FIRST_FIELDS.edge)) } : {}),
  };
  return formatJson(JSON.stringify(ordered(arranged, FIRST_FIELDS.config)));
}
