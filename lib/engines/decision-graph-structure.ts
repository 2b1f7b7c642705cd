/** Whether nodes and edges make a graph that has one way in, a way out, and no way round. Pure; at most a few milliseconds for the largest. */
import type { DecisionGraph, GraphEdge, GraphNode, GraphProblem } from "./decision-graph.ts";

/** The problems of a graph whose shape is right, in the order of the config. */
export function structureProblems({ nodes, edges }: DecisionGraph): GraphProblem[] {
  const problems = [...duplicates(nodes, "nodes"), ...duplicates(edges, "edges"), ...danglingEdges(nodes, edges)];
  const inputs = nodes.filter((node) => node.type === "inputNode");
  if (inputs.length !== 1) {
    const message =
      inputs.length === 0 ? "There is no input node" : `There are ${inputs.length} input nodes; one is needed`;
    problems.push({ path: "nodes", code: "input_count", message });
  }
  // What follows walks the graph, and would only repeat in other words that it is none.
  if (problems.length > 0) return problems;
  const loop = findCycle(nodes, edges);
  if (loop) return [{ path: "edges", code: "cycle", message: `The nodes go round in a circle: ${loop}` }];
  return reachProblems(nodes, edges, inputs[0]!);
}

function duplicates(things: readonly { id: string }[], list: "nodes" | "edges"): GraphProblem[] {
  const seen = new Set<string>();
  const problems: GraphProblem[] = [];
  for (const [index, { id }] of things.entries()) {
    if (seen.has(id)) {
      const message = `Another of the ${list} has the id "${id}" already`;
      problems.push({
        path: `${list}[${index}].id`,
        code: "duplicate_id",
        message,
        ...(list === "nodes" ? { node_id: id } : {}),
      });
    }
    seen.add(id);
  }
  return problems;
}

function danglingEdges(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): GraphProblem[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const problems: GraphProblem[] = [];
  for (const [index, edge] of edges.entries()) {
    for (const end of ["sourceId", "targetId"] as const) {
      if (byId.has(edge[end])) continue;
      problems.push({
        path: `edges[${index}].${end}`,
        code: "unknown_node",
        message: `There is no node "${edge[end]}"`,
      });
    }
    const source = byId.get(edge.sourceId);
    if (source?.type === "switchNode") problems.push(...handleProblems(source, edge, index));
  }
  return problems;
}

/** An edge out of a switch belongs to one of its statements; zen drops one that does not, without a word. */
function handleProblems(
  node: Extract<GraphNode, { type: "switchNode" }>,
  edge: GraphEdge,
  index: number,
): GraphProblem[] {
  if (node.content.statements.some((statement) => statement.id === edge.sourceHandle)) return [];
  const message = edge.sourceHandle
    ? `The switch "${node.name}" has no statement "${edge.sourceHandle}"`
    : `An edge out of the switch "${node.name}" must name one of its statements`;
  return [{ path: `edges[${index}].sourceHandle`, code: "unknown_handle", message, node_id: node.id }];
}

function neighbours(edges: readonly GraphEdge[], from: "sourceId" | "targetId"): Map<string, string[]> {
  const to = from === "sourceId" ? "targetId" : "sourceId";
  const map = new Map<string, string[]>();
  for (const edge of edges) {
    const list = map.get(edge[from]);
    if (list) list.push(edge[to]);
    else map.set(edge[from], [edge[to]]);
  }
  return map;
}

/** A cycle in words, `A → B → A`, or undefined. Nodes without edges into them are taken away until none is left; what remains goes round. */
function findCycle(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): string | undefined {
  const next = neighbours(edges, "sourceId");
  const incoming = new Map(nodes.map((node) => [node.id, 0]));
  for (const edge of edges) incoming.set(edge.targetId, incoming.get(edge.targetId)! + 1);
  const free = nodes.filter((node) => incoming.get(node.id) === 0).map((node) => node.id);
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    incoming.delete(id);
    for (const target of next.get(id) ?? []) {
      incoming.set(target, incoming.get(target)! - 1);
      if (incoming.get(target) === 0) free.push(target);
    }
  }
  if (incoming.size === 0) return undefined;
  const names = new Map(nodes.map((node) => [node.id, node.name || node.id]));
  const before = neighbours(edges, "targetId");
  // Every node that remains has one before it that remains too, so going backwards must come round.
  const walked: string[] = [];
  let id = incoming.keys().next().value!;
  while (!walked.includes(id)) {
    walked.push(id);
    id = before.get(id)!.find((other) => incoming.has(other))!;
  }
  const circle = [...walked.slice(walked.indexOf(id)), id].reverse();
  return circle.map((one) => names.get(one)).join(" → ");
}

function reachProblems(nodes: readonly GraphNode[], edges: readonly GraphEdge[], input: GraphNode): GraphProblem[] {
  const reached = reachedFrom([input], neighbours(edges, "sourceId"));
  const problems: GraphProblem[] = [];
  for (const [index, node] of nodes.entries()) {
    if (reached.has(node.id)) continue;
    const message = `No way leads from the input to "${node.name || node.id}"`;
    problems.push({ path: `nodes[${index}]`, code: "unreachable", message, node_id: node.id });
  }
  if (!nodes.some((node) => node.type === "outputNode" && reached.has(node.id))) {
    problems.push({ path: "nodes", code: "output_missing", message: "No way leads from the input to an output node" });
  }
  // Without a way in or out they would only be said again in other words.
  return problems.length > 0 ? problems : deadEnds(nodes, edges);
}

/** What is computed and goes nowhere; and what follows an output, where every graph ends. */
function deadEnds(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): GraphProblem[] {
  const outputs = nodes.filter((node) => node.type === "outputNode");
  const leading = reachedFrom(outputs, neighbours(edges, "targetId"));
  const problems: GraphProblem[] = [];
  for (const [index, node] of nodes.entries()) {
    if (leading.has(node.id)) continue;
    const message = `No way leads from "${node.name || node.id}" to an output node`;
    problems.push({ path: `nodes[${index}]`, code: "dead_end", message, node_id: node.id });
  }
  for (const [index, { sourceId }] of edges.entries()) {
    const output = outputs.find((node) => node.id === sourceId);
    if (!output) continue;
    const message = `The graph ends at the output "${output.name || sourceId}"; nothing can follow it`;
    problems.push({ path: `edges[${index}].sourceId`, code: "dead_end", message, node_id: sourceId });
  }
  return problems;
}

/** The nodes that a walk from these comes to, and these themselves. */
function reachedFrom(from: readonly GraphNode[], next: ReadonlyMap<string, string[]>): Set<string> {
  const reached = new Set(from.map((node) => node.id));
  const open = [...reached];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const target of next.get(id) ?? []) {
      if (reached.has(target)) continue;
      reached.add(target);
      open.push(target);
    }
  }
  return reached;
}
