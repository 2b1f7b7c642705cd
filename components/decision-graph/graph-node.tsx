/** One node: its icon, its name, a line of what it does; marks of problems, of changes, and of the path that a run took. */
import { Handle, type Node, type NodeProps, useReactFlow } from "@xyflow/react";
import { CircleAlert, type LucideIcon, Minus, Pencil, Plus } from "lucide-react";
import type { FocusEvent, KeyboardEvent } from "react";

import type { NodeChange, NodeTrace } from "@/components/decision-graph/decision-graph";
import type { DrawnNode } from "@/components/decision-graph/graph-model";
import { NODE_KINDS } from "@/components/decision-graph/node-kinds";
import { formatTraceTime } from "@/components/decision-graph/trace-time";
import { cn } from "@/components/ui/cn";

export type GraphNodeData = {
  node: DrawnNode;
  /** Its marks in words. */
  words: string;
  step: NodeTrace | undefined;
  faded: boolean;
  problems: number;
  change: NodeChange | undefined;
  selected: boolean;
  /** Keys of the nodes that it leads to and that lead to it. */
  ways: { next: readonly string[]; before: readonly string[] };
  onSelect: ((nodeId: string | null) => void) | undefined;
};
export type GraphNodeType = Node<GraphNodeData, "decision">;

const CHANGES: Record<NodeChange, { icon: LucideIcon; word: string; box: string; tag: string }> = {
  added: { icon: Plus, word: "Added", box: "border-success-solid", tag: "bg-success-tint text-success-text" },
  removed: { icon: Minus, word: "Removed", box: "border-danger-solid", tag: "bg-danger-tint text-danger-text" },
  changed: { icon: Pencil, word: "Changed", box: "border-warning-solid", tag: "bg-warning-tint text-warning-text" },
};

/** A button; arrows go along the edges, Escape gives the selection up. */
export function GraphNode({ id, data, sourcePosition, targetPosition }: NodeProps<GraphNodeType>) {
  const { node, words, step, faded, problems, change, selected } = data;
  const focus = useFocusInSight(id);
  const { icon: Icon, label: kind } = NODE_KINDS[node.kind];
  return (
    <>
      {targetPosition ? <Handle type="target" position={targetPosition} isConnectable={false} /> : null}
      <button
        type="button"
        data-node={id}
        aria-pressed={selected}
        onKeyDown={(event) => moveFocus(event, data)}
        onFocus={focus}
        className={cn(
          "nopan flex size-full items-center gap-2.5 rounded-lg border px-2.5 text-left transition-colors focus-visible:outline-offset-2",
          faded ? "border-dashed border-line bg-sunken" : "border-line-strong bg-canvas hover:border-control",
          step && "border-accent",
          node.kind === "missing" && "border-dashed border-danger-solid bg-danger-tint",
          problems > 0 && "border-danger-solid",
          change && CHANGES[change].box,
          selected && "outline-2 outline-offset-1 outline-focus",
        )}
      >
        <span
          className={cn(
            "flex size-7 shrink-0 items-center justify-center rounded-md border text-icon",
            step ? "border-accent-line bg-accent-tint text-accent-text" : "bg-sunken",
          )}
        >
          <Icon className="size-4" aria-hidden />
        </span>
        <span className="min-w-0 flex-1">
          <span className="flex items-baseline gap-2">
            <span className={cn("min-w-0 flex-1 truncate text-sm font-medium", faded && "text-muted")}>
              {node.name}
            </span>
            {step && step.duration_us !== null ? (
              <span className="shrink-0 font-mono text-xs text-accent-text">{formatTraceTime(step.duration_us)}</span>
            ) : null}
          </span>
          <span className="sr-only">, {kind.toLowerCase()}: </span>
          <span className="block truncate text-xs text-muted">{node.detail}</span>
          <span className="sr-only">. {words}</span>
        </span>
      </button>
      {change ? <ChangeTag change={change} /> : null}
      {problems > 0 ? (
        <span
          aria-hidden
          className="absolute -top-2 -right-2 flex h-5 min-w-5 items-center justify-center gap-0.5 rounded-full bg-danger-strong px-1 text-xs font-medium text-accent-ink tabular-nums"
        >
          <CircleAlert className="size-3" />
          {problems}
        </span>
      ) : null}
      {sourcePosition ? <Handle type="source" position={sourcePosition} isConnectable={false} /> : null}
    </>
  );
}

function ChangeTag({ change }: { change: NodeChange }) {
  const { icon: Icon, word, tag, box } = CHANGES[change];
  return (
    <span
      aria-hidden
      className={cn(
        "absolute -top-2.5 left-2.5 flex h-5 items-center gap-1 rounded-sm border px-1 text-xs font-medium",
        tag,
        box,
      )}
    >
      <Icon className="size-3" />
      {word}
    </span>
  );
}

const ALONG: Record<string, "next" | "before"> = {
  ArrowRight: "next",
  ArrowDown: "next",
  ArrowLeft: "before",
  ArrowUp: "before",
};

/** Right and down follow the first edge out, left and up the first one in; where there is none, the focus stays. */
function moveFocus(event: KeyboardEvent<HTMLButtonElement>, { ways, onSelect }: GraphNodeData): void {
  if (event.key === "Escape") onSelect?.(null);
  const way = ALONG[event.key];
  if (!way) return;
  event.preventDefault();
  const [target] = ways[way];
  const canvas = event.currentTarget.closest(".react-flow");
  const buttons = canvas?.querySelectorAll<HTMLElement>("button[data-node]") ?? [];
  [...buttons].find((button) => button.dataset["node"] === target)?.focus({ preventScroll: true });
}

/** Brings a node that the keyboard has reached into the middle, because the browser cannot scroll to it. */
function useFocusInSight(id: string): (event: FocusEvent<HTMLButtonElement>) => void {
  const flow = useReactFlow();
  return ({ currentTarget }) => {
    const canvas = currentTarget.closest(".react-flow")?.getBoundingClientRect();
    const box = currentTarget.getBoundingClientRect();
    const node = flow.getNode(id);
    if (!canvas || !node || !currentTarget.matches(":focus-visible")) return;
    const inSight =
      box.left >= canvas.left && box.right <= canvas.right && box.top >= canvas.top && box.bottom <= canvas.bottom;
    if (inSight) return;
    const { x, y } = node.position;
    void flow.setCenter(x + (node.width ?? 0) / 2, y + (node.height ?? 0) / 2, { zoom: flow.getZoom() });
  };
}
