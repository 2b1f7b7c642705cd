/** Where a run's time went: waiting against executing, drawn to scale. */
import { type Spans, whySoLong } from "@/components/runs/run-moments";
import { formatDuration } from "@/components/ui/format-number";
import type { RunStatusName } from "@/lib/runs/schema";
import { isTerminal } from "@/lib/runs/transitions";

/** Bars are attributes of SVG, because the served page carries no styles. */
export function RunSpans({ spans, status, takeovers }: { spans: Spans; status: RunStatusName; takeovers: number }) {
  const { wait, execution } = spans;
  const total = wait + (execution ?? 0);
  const why = whySoLong(spans, status, takeovers);
  const ended = isTerminal(status);
  return (
    <section aria-label="Where the time went" className="rounded-lg border p-4">
      <h3 className="flex items-baseline justify-between gap-4 text-sm font-medium">
        {ended ? "In all" : "So far"}
        <span className="font-mono text-sm tabular-nums">{formatDuration(total)}</span>
      </h3>
      <dl className="mt-3 flex flex-col gap-2.5">
        <Span label="Waiting for a worker" from={0} length={wait} total={total} className="fill-control" />
        <Span
          label={execution === undefined && ended ? "Never executed" : "Executing"}
          from={wait}
          length={execution}
          total={total}
          className="fill-accent"
        />
      </dl>
      {why ? <p className="mt-3 text-sm text-muted">{why}</p> : null}
    </section>
  );
}

type SpanProps = { label: string; from: number; length: number | undefined; total: number; className: string };

function Span({ label, from, length, total, className }: SpanProps) {
  const share = (ms: number) => (total === 0 ? 0 : (ms / total) * 100);
  return (
    <div className="grid grid-cols-[9.5rem_minmax(0,1fr)_4.5rem] items-center gap-3 max-sm:grid-cols-[minmax(0,1fr)_4.5rem]">
      <dt className="text-sm">{label}</dt>
      <svg
        aria-hidden
        viewBox="0 0 100 8"
        preserveAspectRatio="none"
        className="h-2 w-full overflow-hidden rounded-sm bg-selected max-sm:order-last max-sm:col-span-2"
      >
        {length === undefined ? null : (
          <rect x={share(from)} width={Math.max(0.5, share(length))} height="8" className={className} />
        )}
      </svg>
      <dd className="text-right font-mono text-xs tabular-nums">
        {length === undefined ? "–" : formatDuration(length)}
      </dd>
    </div>
  );
}
