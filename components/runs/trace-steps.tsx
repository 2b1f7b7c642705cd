/** The nodes of an evaluation in their order, with the time that each took. */
import { formatTraceTime } from "@/components/decision-graph/trace-time";
import { cn } from "@/components/ui/cn";
import type { TraceNode } from "@/lib/engines/trace-schema";

type Props = {
  nodes: readonly TraceNode[];
  selected: string | undefined;
  failed: string | undefined;
  onSelect: (id: string | null) => void;
};

/** Choosing the chosen one gives it up. */
export function TraceSteps({ nodes, selected, failed, onSelect }: Props) {
  const longest = Math.max(1, ...nodes.map(({ duration_us: us }) => us ?? 0));
  return (
    <ol aria-label="Steps" className="divide-y divide-hairline overflow-hidden rounded-lg border">
      {nodes.map(({ node_id: id, name, order, duration_us: us }) => (
        <li key={id}>
          <button
            type="button"
            aria-pressed={selected === id}
            onClick={() => onSelect(selected === id ? null : id)}
            className={cn(
              "grid h-9 w-full grid-cols-[1.25rem_minmax(0,1fr)_5rem_4rem] items-center gap-3 px-3 text-left text-sm -outline-offset-2 hover:bg-hover",
              selected === id && "bg-selected hover:bg-selected",
            )}
          >
            <span className="text-right font-mono text-xs text-muted tabular-nums">{order + 1}</span>
            <span className="truncate">
              {name}
              {failed === id ? <span className="ml-2 text-xs font-medium text-danger-text">failed</span> : null}
            </span>
            <svg aria-hidden viewBox="0 0 80 4" preserveAspectRatio="none" className="h-1 w-full">
              <rect
                width={us === null ? 0 : Math.max(1, (us / longest) * 80)}
                height="4"
                className={failed === id ? "fill-danger-solid" : "fill-accent"}
              />
            </svg>
            <span className="text-right font-mono text-xs text-muted tabular-nums">
              {us === null ? "–" : formatTraceTime(us)}
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}
