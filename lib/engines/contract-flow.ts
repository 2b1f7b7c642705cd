/** Which fields the nodes of a graph read from what comes in, and which they write into what goes out: see contract.ts. Pure. */
import type { DecisionGraph, GraphNode } from "./decision-graph.ts";
import { type JsonType, readsOf, typesOf, union } from "./expression-text.ts";
import { indexPaths } from "./field-path.ts";

type Types = ReadonlySet<JsonType> | undefined;

/** What a node gets or gives. */
export type Flow = {
  /** Fields that nodes have written, by their paths. */
  fields: ReadonlyMap<string, Types>;
  /** Whether what came into the graph is in it too. */
  seesInput: boolean;
  /** Whether something that cannot be told is in it. */
  isOpen: boolean;
};

export type GraphFlow = {
  reads: Set<string>;
  /** Whether a function reads what comes in, nobody knows what of it. */
  readsUnknown: boolean;
  /** What the output nodes get, all together. */
  output: Flow;
};

/** More than graphs have that people write. Beyond them it counts as not told, so that comparing two configs takes milliseconds. */
const MAX_FIELDS = 2_000;

const NOTHING: Flow = { fields: new Map(), seesInput: false, isOpen: false };

/** Follows a graph of the right shape from its inputs on; nodes that go round in circles are left out. */
export function flowOf(graph: DecisionGraph): GraphFlow {
  const given = new Map<string, Flow>();
  const result: GraphFlow = { reads: new Set(), readsUnknown: false, output: NOTHING };
  for (const { node, sources } of inOrder(graph)) {
    const got = sources.map((id) => given.get(id) ?? NOTHING).reduce(merge, NOTHING);
    if (got.seesInput) {
      if (node.type === "functionNode") result.readsUnknown = true;
      addReads(result, readsOfNode(node), got);
    }
    if (node.type === "outputNode") result.output = merge(result.output, got);
    given.set(node.id, giveOf(node, got));
  }
  return result;
}

function addReads(result: GraphFlow, reads: readonly string[], got: Flow): void {
  // Of what cannot be told, anything may have been written.
  if (got.isOpen) return;
  const written = indexPaths(got.fields.keys());
  for (const path of reads) {
    if (written.has(path) || written.hasPartOf(path) || written.wholeOf(path) !== undefined) continue;
    if (result.reads.size < MAX_FIELDS) result.reads.add(path);
    else result.readsUnknown = true;
  }
}

type Ordered = { node: GraphNode; sources: string[] };

/** Every node after those that feed it. */
function inOrder({ nodes, edges }: DecisionGraph): Ordered[] {
  const waiting = new Map(nodes.map((node) => [node.id, { node, sources: [] as string[] }]));
  const targets = new Map<string, string[]>();
  for (const { sourceId, targetId } of edges) {
    if (!waiting.has(sourceId) || !waiting.has(targetId)) continue;
    waiting.get(targetId)!.sources.push(sourceId);
    targets.set(sourceId, [...(targets.get(sourceId) ?? []), targetId]);
  }
  const open = new Map([...waiting].map(([id, { sources }]) => [id, sources.length]));
  const free = [...open].filter(([, count]) => count === 0).map(([id]) => id);
  const ordered: Ordered[] = [];
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    ordered.push(waiting.get(id)!);
    for (const target of targets.get(id) ?? []) {
      open.set(target, open.get(target)! - 1);
      if (open.get(target) === 0) free.push(target);
    }
  }
  return ordered;
}

function merge(a: Flow, b: Flow): Flow {
  const fields = new Map(a.fields);
  for (const [path, types] of b.fields) fields.set(path, fields.has(path) ? union(fields.get(path), types) : types);
  return limited({ fields, seesInput: a.seesInput || b.seesInput, isOpen: a.isOpen || b.isOpen });
}

function limited(flow: Flow): Flow {
  if (flow.fields.size <= MAX_FIELDS) return flow;
  return { ...flow, fields: new Map([...flow.fields].slice(0, MAX_FIELDS)), isOpen: true };
}

type Transform = Extract<GraphNode, { type: "expressionNode" | "decisionTableNode" }>;

function readsOfNode(node: GraphNode): string[] {
  switch (node.type) {
    case "expressionNode":
      return within(
        node,
        node.content.expressions.map(({ value }) => value),
      );
    case "decisionTableNode": {
      const { inputs, outputs, rules } = node.content;
      const cells = rules.flatMap((rule) => [...inputs, ...outputs].map(({ id }) => rule[id] ?? ""));
      return within(node, [...inputs.map(({ field }) => field ?? ""), ...new Set(cells)]);
    }
    case "switchNode":
      return node.content.statements.flatMap(({ condition }) => [...readsOf(condition)]);
    default:
      return [];
  }
}

const PLAIN_PATH = /^[\p{L}_][\p{L}\p{N}_]*(\.[\p{L}_][\p{L}\p{N}_]*)*$/u;

/** What expressions read, which see only a part of the context where the node has an input field. */
function within({ content }: Transform, expressions: readonly string[]): string[] {
  const part = content.inputField?.trim() ?? "";
  if (part !== "" && (content.executionMode === "loop" || !PLAIN_PATH.test(part))) return [...readsOf(part)];
  const reads = expressions.flatMap((text) => [...readsOf(text)]);
  return part === "" ? reads : [part, ...reads.map((path) => `${part}.${path}`)];
}

function giveOf(node: GraphNode, got: Flow): Flow {
  switch (node.type) {
    case "inputNode":
      return { ...NOTHING, seesInput: true };
    case "functionNode":
      return { ...NOTHING, isOpen: true };
    case "expressionNode":
    case "decisionTableNode":
      return transformed(node, got);
    default:
      return got;
  }
}

function transformed(node: Transform, got: Flow): Flow {
  const { content } = node;
  const path = content.outputPath?.trim() ?? "";
  const isList =
    content.executionMode === "loop" || (node.type === "decisionTableNode" && node.content.hitPolicy === "collect");
  // A list that goes nowhere is all that is left.
  if (isList && path === "") return { ...NOTHING, isOpen: true };
  const own = isList
    ? new Map<string, Types>([[path, new Set(["array"] as const)]])
    : new Map([...writtenBy(node)].map(([name, types]) => [path === "" ? name : `${path}.${name}`, types]));
  if (!content.passThrough) return limited({ ...NOTHING, fields: own });
  return limited({ ...got, fields: new Map([...got.fields, ...own]) });
}

function writtenBy(node: Transform): Map<string, Types> {
  if (node.type === "expressionNode") {
    const filled = node.content.expressions.filter(({ key }) => key.trim() !== "");
    return new Map(filled.map(({ key, value }) => [key.trim(), typesOf(value)]));
  }
  const { outputs, rules } = node.content;
  return new Map(
    outputs.map(({ id, field }) => {
      const cells = new Set(rules.map((rule) => rule[id]?.trim() ?? "").filter((cell) => cell !== ""));
      const types = [...cells].map((cell) => typesOf(cell));
      return [field.trim(), types.length === 0 ? undefined : types.reduce(union)];
    }),
  );
}
