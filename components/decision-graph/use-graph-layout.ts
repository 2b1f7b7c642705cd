/** Where the nodes stand: at once for most graphs, after a while and beside the page for large ones. */
"use client";

import { useEffect, useMemo, useState } from "react";

import {
  type Box,
  directionOf,
  type GraphLayout,
  isLarge,
  layoutGraph,
  layoutIn,
} from "@/components/decision-graph/graph-layout";
import type { LayoutTask } from "@/components/decision-graph/graph-layout-worker";
import type { DrawnGraph } from "@/components/decision-graph/graph-model";

const NOWHERE: GraphLayout = { direction: "LR", width: 0, height: 0, positions: new Map() };

/** `pending`: it is being laid out; until then the layout is the last one, which may lack nodes. */
export type LaidOut = { layout: GraphLayout; pending: boolean };

/** Follows nodes and edges, and the room; not what stands in the nodes. A room without width is not known yet. */
export function useGraphLayout(graph: DrawnGraph, room: Box): LaidOut {
  // Laid out anew when nodes or edges are others, not while somebody types in a node.
  const [shape, setShape] = useState(graph);
  if (shapeOf(graph) !== shapeOf(shape)) setShape(graph);
  const large = isLarge(shape);
  const { width, height } = room;
  const quick = useMemo(() => (large ? null : layoutGraph(shape, { width, height })), [large, shape, width, height]);
  const slow = useLargeLayout(large && width > 0 ? shape : null, directionOf(room));
  return quick ? { layout: quick, pending: false } : slow;
}

const shapeOf = ({ nodes, edges }: DrawnGraph): string =>
  JSON.stringify([nodes.map(({ key }) => key), edges.map(({ from, to, label }) => [from, to, label])]);

/** In a worker, one a layout, so that one that is out of date is given up at once. */
function useLargeLayout(graph: DrawnGraph | null, direction: GraphLayout["direction"]): LaidOut {
  const [last, setLast] = useState<{ graph: DrawnGraph | null; layout: GraphLayout }>({ graph: null, layout: NOWHERE });
  useEffect(() => {
    if (graph === null) return;
    const worker = new Worker(new URL("./graph-layout-worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data: layout }: MessageEvent<GraphLayout>) => {
      setLast({ graph, layout });
      worker.terminate();
    });
    // Where no worker can be started the page waits: a graph late is better than none.
    worker.addEventListener("error", () => setLast({ graph, layout: layoutIn(graph, direction) }));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is a worker, not a window
    worker.postMessage({ graph, direction } satisfies LayoutTask);
    return () => worker.terminate();
  }, [graph, direction]);
  return { layout: last.layout, pending: last.graph !== graph || last.layout.direction !== direction };
}
