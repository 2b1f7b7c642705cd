/** Reads stored decision traces (evaluate-trace.ts) into the shape of the wire. */
import { isJsonObject, own, type JsonObject, type JsonValue } from "./evaluate-json.ts";
import type { RunTrace, TraceEvaluation, TraceNode } from "./trace-schema.ts";

type StoredTrace = {
  evaluations: { offering_id?: string; offering_name?: string; zen: { [nodeId: string]: JsonObject } }[];
  omitted?: number;
};

/** The trace that `body` holds, of a graph whose config this is; node types come from there. Fields are put in the order of their names, as in outputs. */
export function readTrace(body: string, config: unknown): RunTrace {
  const { evaluations, omitted } = JSON.parse(body) as StoredTrace;
  const types = typesOf(config);
  return {
    evaluations: evaluations.map(({ zen, ...offering }): TraceEvaluation =>
      Object.assign(offering, { nodes: nodesOf(zen, types) }),
    ),
    ...(omitted ? { omitted: { evaluations: omitted } } : {}),
  };
}

function typesOf(config: unknown): Map<string, string> {
  const nodes = isJsonObject(config) ? own(config, "nodes") : undefined;
  const pairs = (Array.isArray(nodes) ? nodes : []).flatMap((node): [string, string][] => {
    if (!isJsonObject(node)) return [];
    const { id, type } = node;
    return typeof id === "string" && typeof type === "string" ? [[id, type]] : [];
  });
  return new Map(pairs);
}

function nodesOf(zen: { [nodeId: string]: JsonObject }, types: ReadonlyMap<string, string>): TraceNode[] {
  return Object.entries(zen)
    .map(([id, node]) => toNode(id, node, types.get(id) ?? ""))
    .sort((a, b) => a.order - b.order);
}

// zen leaves out what an input node is given and what an output node gives: it is what goes through them.
function toNode(id: string, node: JsonObject, type: string): TraceNode {
  const from = {
    input: type === "inputNode" ? "output" : "input",
    output: type === "outputNode" ? "input" : "output",
    details: "traceData",
  };
  const details = own(node, from.details) ?? null;
  const sizes = own(node, "omitted");
  const omitted = Object.entries(from).flatMap(([field, name]) => {
    const size = isJsonObject(sizes) ? own(sizes, name) : undefined;
    return typeof size === "number" ? [[field, size] as const] : [];
  });
  const name = own(node, "name");
  const order = own(node, "order");
  return {
    node_id: id,
    name: typeof name === "string" ? name : id,
    type,
    order: typeof order === "number" ? order : 0,
    duration_us: microseconds(own(node, "performance")),
    input: sorted(own(node, from.input) ?? null),
    output: sorted(own(node, from.output) ?? null),
    ...(details === null ? {} : { details: sorted(details) }),
    ...(omitted.length === 0 ? {} : { omitted: Object.fromEntries(omitted) }),
  };
}

const UNIT_US: Record<string, number> = { ns: 0.001, µs: 1, ms: 1_000, s: 1_000_000 };

/** `12.3µs`, `1.2ms` and so on, as zen writes durations, in whole microseconds. */
function microseconds(text: JsonValue | undefined): number | null {
  const match = typeof text === "string" ? /^([\d.]+)(ns|µs|ms|s)$/.exec(text) : null;
  return match ? Math.round(Number(match[1]) * UNIT_US[match[2]!]!) : null;
}

// zen's traces have the fields of an object in no order at all.
function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted(value[name]!)]));
}
