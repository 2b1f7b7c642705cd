/** What happened to a run, in order, and where its time went. */
import { type Moment, momentsOf, spansOf } from "@/components/runs/run-moments";
import { RunSpans } from "@/components/runs/run-spans";
import { RunStatusIcon } from "@/components/runs/run-status";
import { formatDuration } from "@/components/ui/format-number";
import { formatExact } from "@/components/ui/format-time";
import type { RunDetailDto } from "@/lib/runs/schema";

/** `nowMs` is the time up to which a run that has not ended is told. */
export function RunTimeline({ run, nowMs }: { run: RunDetailDto; nowMs: number }) {
  const moments = momentsOf(run);
  return (
    <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
      <RunSpans spans={spansOf(run, nowMs)} status={run.status} takeovers={run.takeovers} />
      <ol aria-label="Moments" className="flex max-w-lg flex-col">
        {moments.map((moment, index) => (
          <MomentItem
            key={moment.title}
            moment={moment}
            after={sincePrevious(moments, index)}
            isLast={index === moments.length - 1}
          />
        ))}
      </ol>
    </div>
  );
}

/** Milliseconds from the last moment before `index` that has a time; undefined for the first. */
function sincePrevious(moments: readonly Moment[], index: number): number | undefined {
  const at = moments[index]?.at;
  const before = moments.slice(0, index).findLast((moment) => moment.at !== undefined)?.at;
  return at && before ? Date.parse(at) - Date.parse(before) : undefined;
}

function MomentItem({ moment, after, isLast }: { moment: Moment; after: number | undefined; isLast: boolean }) {
  return (
    <li className="relative flex gap-3 pb-5 last:pb-0">
      {isLast ? null : <span aria-hidden className="absolute top-5 bottom-0 left-[6.5px] w-px bg-line" />}
      <RunStatusIcon status={moment.status} className="mt-[3px] [&_path]:animate-none" />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-baseline justify-between gap-x-4">
          <p className="text-sm font-medium">{moment.title}</p>
          {after === undefined ? null : (
            <span className="font-mono text-xs text-muted tabular-nums">+{formatDuration(after)}</span>
          )}
        </div>
        {moment.detail ? <p className="text-sm break-words text-muted">{moment.detail}</p> : null}
        {moment.at ? (
          <time dateTime={moment.at} className="font-mono text-xs text-muted tabular-nums">
            {formatExact(moment.at, true)}
          </time>
        ) : null}
      </div>
    </li>
  );
}
