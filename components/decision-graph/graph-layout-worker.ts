/** Lays out large graphs beside the page, which stays quick meanwhile. Takes one `{graph, direction}` a message and answers with the layout. */
import { type Direction, layoutIn } from "@/components/decision-graph/graph-layout";
import type { DrawnGraph } from "@/components/decision-graph/graph-model";

export type LayoutTask = { graph: DrawnGraph; direction: Direction };

addEventListener("message", ({ data: { graph, direction } }: MessageEvent<LayoutTask>) => {
  postMessage(layoutIn(graph, direction));
});
