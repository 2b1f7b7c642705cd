/** One graph to draw of two: the newer one, with what is gone from the older. Pure. */
import type { ConfigDiff } from "@/lib/engines/diff-schema";

type Thing = Record<string, unknown>;

function thingsAt(config: unknown, key: "nodes" | "edges"): Thing[] {
  const list = typeof config === "object" && config !== null ? (config as Thing)[key] : undefined;
  return Array.isArray(list) ? list.filter((one): one is Thing => typeof one === "object" && one !== null) : [];
}

/** `{nodes, edges}` to draw; null where neither config has nodes. */
export function bothGraphs(
  before: unknown,
  after: unknown,
  diff: ConfigDiff,
): { nodes: Thing[]; edges: Thing[] } | null {
  const gone = new Set(diff.nodes.filter(({ kind }) => kind === "removed").map(({ id }) => id));
  const removed = thingsAt(before, "nodes").filter(({ id }) => gone.has(String(id)));
  const nodes = [...thingsAt(after, "nodes"), ...removed];
  if (nodes.length === 0) return null;
  const there = new Set(nodes.map(({ id }) => String(id)));
  const isDrawn = ({ sourceId, targetId }: Thing) => there.has(String(sourceId)) && there.has(String(targetId));
  // Connections of what is gone, with ids of their own: those of the newer graph may have the same.
  const old = thingsAt(before, "edges")
    .filter((edge) => isDrawn(edge) && (gone.has(String(edge["sourceId"])) || gone.has(String(edge["targetId"]))))
    .map((edge) => Object.assign({}, edge, { id: `gone ${String(edge["id"])}` }));
  return { nodes, edges: [...thingsAt(after, "edges"), ...old] };
}
