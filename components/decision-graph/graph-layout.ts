/**
 * Where the nodes of a graph stand, by dagre: left to right in the order of evaluation where that can be read, else from top to bottom, which
 * a narrow panel or a phone has more room for. Pure.
 */
import { Graph, layout } from "@dagrejs/dagre";

import type { DrawnGraph } from "@/components/decision-graph/graph-model";

/** Of every node, in pixels. */
export const NODE_SIZE = { width: 200, height: 60 } as const;
const GAP = { rank: { LR: 48, TB: 32 }, node: 24 } as const;
/** Of an edge's label, in pixels. */
const LABEL = { char: 6.7, padding: 16, height: 20 } as const;

export type Direction = "LR" | "TB";
export type Box = { width: number; height: number };
export type GraphLayout = Box & {
  direction: Direction;
  /** The upper left corner of every node, by its key. */
  positions: ReadonlyMap<string, { x: number; y: number }>;
};

/** Below this scale names are hard to read, and the other direction is tried. */
const READABLE = 0.8;

/** Whether a layout takes so long (seconds for 200 nodes) that it must not be made where a person waits to type or to scroll. */
export function isLarge({ nodes, edges }: DrawnGraph): boolean {
  return nodes.length > 40 || edges.length > 100;
}

/** The direction of a graph that is too large to be seen whole: the one in which the room shows more of it. */
export const directionOf = (room: Box): Direction => (room.width >= room.height ? "LR" : "TB");

/** The layout that can be read best in a room of this size. For graphs that are not large. */
export function layoutGraph(graph: DrawnGraph, room: Box): GraphLayout {
  const across = layoutIn(graph, "LR");
  const scaleAcross = scaleToFit(across, room);
  if (scaleAcross >= READABLE) return across;
  const down = layoutIn(graph, "TB");
  return scaleToFit(down, room) > scaleAcross ? down : across;
}

/** How much a layout is made smaller to be seen whole; 1 at most. */
export function scaleToFit(what: Box, room: Box): number {
  return Math.min(1, room.width / Math.max(1, what.width), room.height / Math.max(1, what.height));
}

/** Lays out in one direction. Circles are drawn too: one of their edges then leads back. */
export function layoutIn({ nodes, edges }: DrawnGraph, direction: Direction): GraphLayout {
  const graph = new Graph();
  // Of large graphs the simpler ranking is as good to look at, and takes half the time.
  const ranker = isLarge({ nodes, edges }) ? "tight-tree" : "network-simplex";
  graph.setGraph({ rankdir: direction, nodesep: GAP.node, ranksep: GAP.rank[direction], ranker });
  // Names of our own: dagre keeps nodes in plain objects, and a draft may call a node anything, `__proto__` and nothing at all too.
  const nameOf = new Map(nodes.map(({ key }, index) => [key, `n${index}`]));
  for (const name of nameOf.values()) graph.setNode(name, { ...NODE_SIZE });
  for (const { from, to, label } of edges) {
    // An edge from a node to itself takes no room of its own.
    if (from === to) continue;
    const room = label === undefined ? {} : { width: label.length * LABEL.char + LABEL.padding, height: LABEL.height };
    graph.setEdge(nameOf.get(from)!, nameOf.get(to)!, { ...room, labelpos: "c" });
  }
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as Partial<Box>;
  const positions = new Map(
    nodes.map(({ key }) => {
      const { x = 0, y = 0 } = graph.node(nameOf.get(key)!) as { x?: number; y?: number };
      return [key, { x: x - NODE_SIZE.width / 2, y: y - NODE_SIZE.height / 2 }];
    }),
  );
  return { direction, width, height, positions };
}
