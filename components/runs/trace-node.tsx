/** One node of a trace: what it was given, what it gave, how, and how long it took. */
import { NodeExplanation } from "@/components/runs/node-explanation";
import { readNode } from "@/components/runs/node-reading";
import { TraceValue } from "@/components/runs/trace-value";
import { NODE_KINDS } from "@/components/decision-graph/node-kinds";
import { formatTraceTime } from "@/components/decision-graph/trace-time";
import { Callout } from "@/components/ui/callout";
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
  const { omitted } = node;
  const reading = omitted?.details === undefined ? readNode(drawn, node.details) : undefined;
  return (
    <article aria-label={`Node ${node.name}`} className="flex min-w-0 flex-col gap-3">
      <TraceNodeHeader node={node} steps={steps} />
      {error === undefined ? null : <Callout tone="danger">{error}</Callout>}
      {reading ? <NodeExplanation reading={reading} /> : null}
      {omitted?.details === undefined ? null : (
        <TraceValue value={null} omitted={omitted.details} label="How it came to its output" />
      )}
      {error === undefined ? (
        <TraceValue value={node.output} omitted={omitted?.output} label="Output" root="output" className="max-h-72" />
      ) : null}
      <TraceValue value={node.input} omitted={omitted?.input} label="Input" root="input" className="max-h-72" />
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
