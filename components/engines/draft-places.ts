/** How the nodes of a config, the places in its text and its problems belong together. Pure. */
import type { ConfigProblem } from "@/lib/engines/schema";
import type { EngineTryResult } from "@/lib/engines/try-schema";

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const nodesOf = (config: unknown): unknown[] => (isObject(config) ? listOf(config["nodes"]) : []);
const idOf = (node: unknown): string | null => (isObject(node) && typeof node["id"] === "string" ? node["id"] : null);

/** A problem with its place in the text; `nodeId` where one node is to blame. */
export type PlacedProblem = { path: string; message: string; nodeId: string | null };

/** The node whose part of the text a path leads into, such as `nodes[2].content.rules[0].a`; null elsewhere. */
export function nodeAtPath(config: unknown, path: string): string | null {
  const index = /^nodes\[(\d+)\]/.exec(path)?.[1];
  return index === undefined ? null : idOf(nodesOf(config)[Number(index)]);
}

/** Where a node stands in the text; null where there is none of this id. */
export function pathOfNode(config: unknown, nodeId: string): string | null {
  const index = nodesOf(config).findIndex((node) => idOf(node) === nodeId);
  return index === -1 ? null : `nodes[${index}]`;
}

/** The server's problems, each with the node that its path leads into where the server names none. */
export function placeProblems(config: unknown, problems: readonly ConfigProblem[]): PlacedProblem[] {
  return problems.map(({ path, message, node_id }) => {
    return { path, message, nodeId: node_id ?? nodeAtPath(config, path) };
  });
}

/** What a try has failed at, by the nodes that the errors name: once a node and message, whatever the number of offerings. */
export function tryProblems(config: unknown, result: EngineTryResult | undefined): PlacedProblem[] {
  if (!result) return [];
  const failures = isObject(result.output) ? listOf(result.output["failed"]) : [];
  const errors = [result.error, ...failures.map((one) => (isObject(one) ? one["error"] : undefined))];
  const seen = new Map<string, PlacedProblem>();
  for (const error of errors) {
    if (!isObject(error) || typeof error["message"] !== "string") continue;
    const nodeId = isObject(error["details"]) ? error["details"]["node_id"] : undefined;
    if (typeof nodeId !== "string") continue;
    const path = pathOfNode(config, nodeId);
    const { message } = error as { message: string };
    if (path !== null) seen.set(`${nodeId} ${message}`, { path, message, nodeId });
  }
  return [...seen.values()];
}

/** How many problems each node has. */
export function problemsByNode(problems: readonly PlacedProblem[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { nodeId } of problems) if (nodeId !== null) counts.set(nodeId, (counts.get(nodeId) ?? 0) + 1);
  return counts;
}
