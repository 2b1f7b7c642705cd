/**
 * A decision graph, drawn: of the draft beside its text, of the path that a run took, of what differs between two versions.
 *
 * Drawing needs a browser and a library of its own, so it is loaded when it is first shown. Any JSON can be given: what is broken is drawn
 * as far as it can be made out.
 */
"use client";

import dynamic from "next/dynamic";
import { useMemo } from "react";

import { GraphOutline } from "@/components/decision-graph/graph-outline";
import { graphOf } from "@/components/decision-graph/graph-model";
import { cn } from "@/components/ui/cn";

/** What happened at a node; microseconds, null where nobody measured. */
export type NodeTrace = { duration_us: number | null };
export type NodeChange = "added" | "removed" | "changed";

export type DecisionGraphProps = {
  /** A config in the JSON Decision Model, `{nodes, edges}`; anything else draws what can be made out. */
  config: unknown;
  /** By node id: what a run went through. The rest is faded. */
  trace?: ReadonlyMap<string, NodeTrace> | undefined;
  /** By node id: how many problems it has. */
  problems?: ReadonlyMap<string, number> | undefined;
  /** By node id: what differs. */
  highlight?: ReadonlyMap<string, NodeChange> | undefined;
  /** The id of the selected node; it is moved into view when it changes. */
  selected?: string | null | undefined;
  /** A node was chosen, or none by pressing Escape or the empty ground. */
  onSelect?: ((nodeId: string | null) => void) | undefined;
  /** Names it for assistive technology. */
  label?: string;
  /** Its height must be given here or by the place that it stands in. */
  className?: string;
};

const Canvas = dynamic(() => import("@/components/decision-graph/graph-canvas").then((module) => module.GraphCanvas), {
  ssr: false,
  loading: () => (
    <p aria-busy className="sr-only">
      Loading the graph
    </p>
  ),
});

/** Fills its place; 240 px high at least. */
export function DecisionGraph({ config, label = "Decision graph", className, ...marks }: DecisionGraphProps) {
  const graph = useMemo(() => graphOf(config), [config]);
  return (
    <section aria-label={label} className={cn("relative min-h-60 overflow-hidden bg-sunken", className)}>
      <GraphOutline graph={graph} trace={marks.trace} problems={marks.problems} highlight={marks.highlight} />
      {graph.nodes.length === 0 ? (
        <p className="absolute inset-0 flex items-center justify-center px-6 text-center text-sm text-muted">
          Nothing to draw: the config has no nodes.
        </p>
      ) : (
        <Canvas graph={graph} {...marks} />
      )}
    </section>
  );
}
