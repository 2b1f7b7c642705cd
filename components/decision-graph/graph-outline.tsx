/** The graph in words, for those who cannot see it: its nodes in the order of evaluation, and where each leads. */
import type { DecisionGraphProps } from "@/components/decision-graph/decision-graph";
import { type DrawnGraph, type DrawnNode, readingOrder } from "@/components/decision-graph/graph-model";
import { NODE_KINDS } from "@/components/decision-graph/node-kinds";
import { formatTraceTime } from "@/components/decision-graph/trace-time";
import { formatPlural } from "@/components/ui/format-number";

type Marks = Pick<DecisionGraphProps, "trace" | "problems" | "highlight">;

/** What the marks of a node say: `Taken, 210 µs. Changed. 2 problems.` */
export function describeMarks(node: DrawnNode, { trace, problems, highlight }: Marks): string {
  const parts: string[] = [];
  const step = trace?.get(node.id);
  if (step) parts.push(step.duration_us === null ? "Taken." : `Taken, ${formatTraceTime(step.duration_us)}.`);
  else if (trace) parts.push("Not taken.");
  const change = highlight?.get(node.id);
  if (change) parts.push(`${change[0]!.toUpperCase()}${change.slice(1)}.`);
  const count = problems?.get(node.id) ?? 0;
  if (count > 0) parts.push(`${formatPlural(count, "problem")}.`);
  return parts.join(" ");
}

/** Read by screen readers only. */
export function GraphOutline({ graph, ...marks }: { graph: DrawnGraph } & Marks) {
  const names = new Map(graph.nodes.map(({ key, name }) => [key, name]));
  return (
    <ol className="sr-only">
      {readingOrder(graph).map((node) => {
        const ways = graph.edges
          .filter(({ from }) => from === node.key)
          .map(({ to, label }) => `${names.get(to)}${label === undefined ? "" : ` if ${label}`}`);
        return (
          <li key={node.key}>
            {node.name}, {NODE_KINDS[node.kind].label.toLowerCase()}: {node.detail}. {describeMarks(node, marks)}
            {ways.length === 0 ? null : ` Leads to ${ways.join(", ")}.`}
          </li>
        );
      })}
    </ol>
  );
}
