/**
 * A config read as a graph to draw. Drafts are often broken, so everything is looked at before it is believed: what has no shape is left out,
 * what has one is drawn. An edge to a node that does not exist leads to a stand-in that says so; nodes of one id are drawn apart.
 */
import { describeNode } from "@/components/decision-graph/describe-node";

/** Node types of the JSON Decision Model, and `missing` for what an edge names and nothing is. */
export const NODE_TYPES = [
  "inputNode",
  "outputNode",
  "expressionNode",
  "decisionTableNode",
  "switchNode",
  "functionNode",
] as const;
export type NodeKind = (typeof NODE_TYPES)[number] | "unknown" | "missing";

export type DrawnNode = {
  /** Unique, also where two nodes share an id. */
  key: string;
  id: string;
  /** Its place in `nodes`; -1 for the stand-in of a missing one. */
  index: number;
  kind: NodeKind;
  name: string;
  /** What it does, in a line. */
  detail: string;
};

export type DrawnEdge = {
  key: string;
  from: string;
  to: string;
  /** The condition of the switch's way that it stands for. */
  label: string | undefined;
};

export type DrawnGraph = { nodes: readonly DrawnNode[]; edges: readonly DrawnEdge[] };

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : "";

/** More than this is not drawn: no config that large can be published. */
const MOST = 400;
const LABEL_CHARS = 40;
/** The key of what an edge without an end leads to. */
const NOTHING = "\u0000";

/** The nodes and edges that can be made out in any JSON value. Never throws. */
export function graphOf(config: unknown): DrawnGraph {
  const { nodes, edges } = isObject(config) ? config : {};
  const drawn = new Map<string, DrawnNode>();
  const raw = new Map<string, Json>();
  for (const [index, node] of listOf(nodes).slice(0, MOST).entries()) {
    if (!isObject(node)) continue;
    const id = textOf(node["id"]);
    const key = id === "" || drawn.has(id) ? `${id}\u0000${index}` : id;
    const kind = NODE_TYPES.find((type) => type === node["type"]) ?? "unknown";
    drawn.set(key, { key, id, index, kind, name: textOf(node["name"]) || id || "No name", detail: describeNode(node) });
    raw.set(key, node);
  }
  return { edges: readEdges(listOf(edges).slice(0, MOST * 4), drawn, raw), nodes: [...drawn.values()] };
}

/** Adds to `nodes` a stand-in for each one that an edge names and that does not exist. */
function readEdges(
  edges: readonly unknown[],
  nodes: Map<string, DrawnNode>,
  raw: ReadonlyMap<string, Json>,
): DrawnEdge[] {
  const seen = new Set<string>();
  return edges.flatMap((edge, index) => {
    if (!isObject(edge)) return [];
    const [from, to] = [textOf(edge["sourceId"]), textOf(edge["targetId"])];
    if (from === "" && to === "") return [];
    for (const id of [from, to]) if (!nodes.has(id || NOTHING)) nodes.set(id || NOTHING, missingNode(id));
    const id = textOf(edge["id"]);
    const key = id === "" || seen.has(id) ? `${id}\u0000${index}` : id;
    seen.add(key);
    return [{ key, from: from || NOTHING, to: to || NOTHING, label: wayLabel(raw.get(from), edge["sourceHandle"]) }];
  });
}

function missingNode(id: string): DrawnNode {
  return {
    key: id || NOTHING,
    id,
    index: -1,
    kind: "missing",
    name: id || "Nothing named",
    detail: "An edge names it; there is no such node",
  };
}

/** The condition of the statement that an edge out of a switch belongs to; `otherwise` for an empty one. */
function wayLabel(node: Json | undefined, handle: unknown): string | undefined {
  if (node?.["type"] !== "switchNode" || !isObject(node["content"])) return undefined;
  const statement = listOf(node["content"]["statements"]).find((one) => isObject(one) && one["id"] === handle);
  if (!isObject(statement)) return undefined;
  const condition = textOf(statement["condition"]).trim() || "otherwise";
  return condition.length > LABEL_CHARS ? `${condition.slice(0, LABEL_CHARS)}…` : condition;
}

/** The nodes in the order in which the graph is walked: inputs first, then what they lead to; what nothing leads to comes last. */
export function readingOrder({ nodes, edges }: DrawnGraph): DrawnNode[] {
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const next = Map.groupBy(edges, ({ from }) => from);
  const seen = new Set<string>();
  const ordered: DrawnNode[] = [];
  const walk = (start: readonly DrawnNode[]) => {
    const open = start.filter(({ key }) => !seen.has(key));
    for (const { key } of open) seen.add(key);
    for (let node = open.shift(); node !== undefined; node = open.shift()) {
      ordered.push(node);
      for (const { to } of next.get(node.key) ?? []) {
        const target = byKey.get(to);
        if (target === undefined || seen.has(to)) continue;
        seen.add(to);
        open.push(target);
      }
    }
  };
  walk(nodes.filter(({ kind }) => kind === "inputNode"));
  for (const node of nodes) walk([node]);
  return ordered;
}
