/** The drawing itself, on React Flow: pan, zoom, fit, selection, and the keyboard. Loaded by DecisionGraph. */
"use client";

import "@xyflow/react/dist/base.css";
import "@/components/decision-graph/graph-canvas.css";

import {
  Background,
  type Edge,
  MarkerType,
  Panel,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
} from "@xyflow/react";
import { LoaderCircle } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";

import type { DecisionGraphProps } from "@/components/decision-graph/decision-graph";
import { GraphControls } from "@/components/decision-graph/graph-controls";
import { type GraphLayout, NODE_SIZE, scaleToFit } from "@/components/decision-graph/graph-layout";
import type { DrawnEdge, DrawnGraph } from "@/components/decision-graph/graph-model";
import { GraphNode, type GraphNodeType } from "@/components/decision-graph/graph-node";
import { describeMarks } from "@/components/decision-graph/graph-outline";
import { useGraphLayout } from "@/components/decision-graph/use-graph-layout";
import { formatPlural } from "@/components/ui/format-number";

type Marks = Pick<DecisionGraphProps, "trace" | "problems" | "highlight" | "selected" | "onSelect">;
type CanvasProps = { graph: DrawnGraph } & Marks;

const NODE_TYPES = { decision: GraphNode };
const ZOOM = { min: 0.2, max: 1.5, first: 0.7 } as const;
const MARGIN = 20;
/** What the controls at the bottom take of the height. */
const CONTROLS = 32;
const NO_ATTRIBUTION = { hideAttribution: true };
/** React Flow warns about what it cannot draw; broken graphs are expected here, and what is broken is said beside the graph. */
const ignoreWarning = () => {};

/** Fills its parent. */
export function GraphCanvas(props: CanvasProps) {
  return (
    <ReactFlowProvider>
      <Drawing {...props} />
    </ReactFlowProvider>
  );
}

function Drawing({ graph, onSelect, ...marks }: CanvasProps) {
  const roomWidth = useStore(({ width }) => width);
  const roomHeight = useStore(({ height }) => height - CONTROLS);
  const { layout, pending } = useGraphLayout(graph, { width: roomWidth - 2 * MARGIN, height: roomHeight - 2 * MARGIN });
  const nodes = useFlowNodes(graph, layout, marks, onSelect);
  const edges = useFlowEdges(graph, marks);
  const fit = useView(graph, layout, marks.selected ?? null);
  return (
    <ReactFlow<GraphNodeType, Edge>
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      minZoom={ZOOM.min}
      maxZoom={ZOOM.max}
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      edgesFocusable={false}
      elementsSelectable={false}
      disableKeyboardA11y
      deleteKeyCode={null}
      selectionKeyCode={null}
      panActivationKeyCode={null}
      // The wheel goes on scrolling the page; with ⌘ or Ctrl, or by pinching, it zooms.
      zoomOnScroll={false}
      zoomOnDoubleClick={false}
      preventScrolling={false}
      // Also what Enter and Space on the button inside come to.
      onNodeClick={(_, { data: { node } }) => onSelect?.(node.index < 0 ? null : node.id)}
      onPaneClick={() => onSelect?.(null)}
      onError={ignoreWarning}
      proOptions={NO_ATTRIBUTION}
    >
      <Background gap={20} size={1} />
      <GraphControls onFit={fit} />
      {pending ? <LayingOut nodes={graph.nodes.length} /> : null}
    </ReactFlow>
  );
}

function LayingOut({ nodes }: { nodes: number }) {
  return (
    <Panel position="top-center">
      <output className="flex items-center gap-1.5 rounded-md border bg-canvas px-2.5 py-1.5 text-xs whitespace-nowrap text-muted">
        <LoaderCircle className="size-3.5 animate-spin" aria-hidden />
        Laying out {formatPlural(nodes, "node")}
      </output>
    </Panel>
  );
}

function useFlowNodes(
  graph: DrawnGraph,
  { direction, positions }: GraphLayout,
  { trace, problems, highlight, selected }: Marks,
  onSelect: DecisionGraphProps["onSelect"],
): GraphNodeType[] {
  return useMemo(() => {
    const [source, target] = direction === "LR" ? [Position.Right, Position.Left] : [Position.Bottom, Position.Top];
    // What has no place yet is drawn when it has one.
    const placed = graph.nodes.filter(({ key }) => positions.has(key));
    return placed.map((node) => ({
      id: node.key,
      type: "decision",
      position: positions.get(node.key)!,
      width: NODE_SIZE.width,
      height: NODE_SIZE.height,
      sourcePosition: source,
      targetPosition: target,
      // The button inside is what is reached and read.
      domAttributes: { "aria-roledescription": undefined },
      data: {
        node,
        words: describeMarks(node, { trace, problems, highlight }),
        step: trace?.get(node.id),
        faded: trace !== undefined && !trace.has(node.id),
        problems: problems?.get(node.id) ?? 0,
        change: highlight?.get(node.id),
        selected: selected === node.id && node.index >= 0,
        ways: neighboursOf(node.key, graph),
        onSelect,
      },
    }));
  }, [graph, direction, positions, trace, problems, highlight, selected, onSelect]);
}

function neighboursOf(key: string, { edges }: DrawnGraph): { next: string[]; before: string[] } {
  return {
    next: edges.filter(({ from }) => from === key).map(({ to }) => to),
    before: edges.filter(({ to }) => to === key).map(({ from }) => from),
  };
}

function useFlowEdges(graph: DrawnGraph, { trace, highlight }: Marks): Edge[] {
  return useMemo(() => {
    const nodes = new Map(graph.nodes.map((node) => [node.key, node]));
    const stateOf = ({ from, to }: DrawnEdge): string => {
      const ends = [from, to].map((key) => nodes.get(key)!);
      if (ends.some(({ kind }) => kind === "missing")) return "broken";
      if (ends.some(({ id }) => highlight?.get(id) === "removed")) return "faded";
      if (trace) return ends.every(({ id }) => trace.has(id)) ? "taken" : "faded";
      return "plain";
    };
    return graph.edges.map((edge) => {
      const state = stateOf(edge);
      return {
        id: edge.key,
        source: edge.from,
        target: edge.to,
        ...(edge.label === undefined ? {} : { label: edge.label }),
        className: `graph-edge graph-edge-${state}`,
        zIndex: state === "taken" ? 1 : 0,
        markerEnd: { type: MarkerType.ArrowClosed, color: `var(--graph-edge-${state})`, width: 16, height: 16 },
        ariaLabel: `${nodes.get(edge.from)?.name} leads to ${nodes.get(edge.to)?.name}`,
      };
    });
  }, [graph, trace, highlight]);
}

/** Keeps the view where it helps: the whole graph when another one is shown, the selected node when it is out of sight. Returns "fit". */
function useView(graph: DrawnGraph, layout: GraphLayout, selected: string | null): () => void {
  const flow = useReactFlow();
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height - CONTROLS);
  const show = (least: number) => {
    const scale = scaleToFit(layout, { width: width - 2 * MARGIN, height: height - 2 * MARGIN });
    const zoom = Math.max(scale, least);
    // What does not fit starts at its beginning.
    const place = (room: number, size: number) => (size * zoom + 2 * MARGIN > room ? MARGIN : (room - size * zoom) / 2);
    void flow.setViewport({ x: place(width, layout.width), y: place(height, layout.height), zoom });
  };
  const ids = graph.nodes.map(({ key }) => key).join("\n");
  const isLaidOut = layout.positions.size > 0;
  const shape = `${isLaidOut} ${layout.direction} ${width} ${height} ${ids}`;
  const shown = useRef("");
  useEffect(() => {
    if (width === 0 || shown.current === shape) return;
    shown.current = shape;
    show(ZOOM.first);
  });
  useEffect(() => {
    const at = selected === null ? undefined : layout.positions.get(selected);
    if (!at || width === 0) return;
    const { x, y, zoom } = flow.getViewport();
    const [left, top] = [at.x * zoom + x, at.y * zoom + y];
    const inSight =
      left >= 0 && top >= 0 && left + NODE_SIZE.width * zoom <= width && top + NODE_SIZE.height * zoom <= height;
    if (!inSight) void flow.setCenter(at.x + NODE_SIZE.width / 2, at.y + NODE_SIZE.height / 2, { zoom });
    // Only when another node is selected: panning by hand must not be undone.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [selected, width, isLaidOut]);
  return () => show(ZOOM.min);
}
