/** One node of a trace: what it was given, what it gave, how, and how long it took. */
import { NodeExplanation } from "@/components/runs/node-explanation";
import { readNode } from "@/components/runs/node-reading";
import { NODE_KINDS } from "@/components/decision-graph/node-kinds";
import { formatTraceTime } from "@/components/decision-graph/trace-time";
import { Callout } from "@/components/ui/callout";
import { JsonView } from "@/components/ui/json-view";
import type { TraceNode } from "@/lib/engines/trace-schema";

type Props = {
  node: TraceNode;
  /** The node of the graph. */
  drawn: unknown;
  /** How many nodes were evaluated. */
  steps: number;
  /** Why it failed. */
  error: string | undefined;
};

export function TraceNodeView({ node, drawn, steps, error }: Props) {
  const reading = readNode(drawn, node.details);
  return (
    <article aria-label={`Node ${node.name}`} className="flex min-w-0 flex-col gap-3">
      <TraceNodeHeader node={node} steps={steps} />
      {error === undefined ? null : <Callout tone="danger">{error}</Callout>}
      {reading ? <NodeExplanation reading={reading} /> : null}
      {error === undefined ? <JsonView value={node.output} label="Output" root="output" className="max-h-72" /> : null}
      <JsonView value={node.input} label="Input" root="input" className="max-h-72" />
    </article>
  );
}

function TraceNodeHeader({ node: { name, type, order, duration_us: us }, steps }: Pick<Props, "node" | "steps">) {
  const { icon: Icon, label } = NODE_KINDS[type in NODE_KINDS ? (type as keyof typeof NODE_KINDS) : "unknown"];
  return (
    <header className="flex items-center gap-2.5">
      <span className="flex size-8 shrink-0 items-center justify-center rounded-md border border-accent-line bg-accent-tint text-accent-text">
        <Icon className="size-4" aria-hidden />
      </span>
      <div className="min-w-0 flex-1">
        <h3 className="truncate text-sm font-semibold">{name}</h3>
        <p className="text-xs text-muted">
          {label} · step {order + 1} of {steps}
        </p>
      </div>
      {us === null ? null : <span className="font-mono text-sm tabular-nums">{formatTraceTime(us)}</span>}
    </header>
  );
}
