/** What happened to a run, in order, with the time between. */
import { RunStatusIcon } from "@/components/runs/run-status";
import { formatExact } from "@/components/ui/format-time";
import { formatDuration } from "@/components/ui/format-number";
import type { RunDetailDto, RunStatusName } from "@/lib/runs/schema";

type Moment = { status: RunStatusName; title: string; detail?: string | undefined; at: string | undefined };

const SOURCE: Record<RunDetailDto["source"], string> = {
  api: "by the API",
  portal: "from the portal",
  replay: "by a replay",
  chat: "from a chat",
  dialect: "by a compatible API",
};

const END: Partial<Record<RunStatusName, string>> = {
  COMPLETED: "Completed",
  DEGRADED: "Completed with gaps",
  FAILED: "Failed",
  CANCELED: "Canceled",
};

/** The moments that have been, in order. */
function momentsOf(run: RunDetailDto): Moment[] {
  const moments: Moment[] = [
    {
      status: "PENDING",
      title: `Accepted ${SOURCE[run.source]}`,
      detail: run.key_name ? `Key ${run.key_name}` : undefined,
      at: run.created_at,
    },
  ];
  if (run.takeovers > 0) {
    const times = run.takeovers === 1 ? "once" : `${run.takeovers} times`;
    moments.push({
      status: "PENDING",
      title: `Taken over ${times}`,
      detail: "A worker that executed it died",
      at: undefined,
    });
  }
  if (run.started_at) moments.push({ status: "RUNNING", title: "Execution started", at: run.started_at });
  const end = END[run.status];
  if (end) {
    const detail = run.error?.code ?? run.degradation_reason;
    moments.push({ status: run.status, title: end, detail, at: run.completed_at });
  }
  return moments;
}

/** Milliseconds from the last moment before `index` that has a time; undefined for the first. */
function sincePrevious(moments: readonly Moment[], index: number): number | undefined {
  const at = moments[index]?.at;
  const before = moments.slice(0, index).findLast((moment) => moment.at !== undefined)?.at;
  return at && before ? Date.parse(at) - Date.parse(before) : undefined;
}

/** A vertical line with a mark for each moment. */
export function RunTimeline({ run }: { run: RunDetailDto }) {
  const moments = momentsOf(run);
  return (
    <ol className="flex max-w-lg flex-col">
      {moments.map((moment, index) => {
        const after = sincePrevious(moments, index);
        return (
          <li key={moment.title} className="relative flex gap-3 pb-5 last:pb-0">
            {index < moments.length - 1 ? (
              <span aria-hidden className="absolute top-5 bottom-0 left-[6.5px] w-px bg-line" />
            ) : null}
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
      })}
    </ol>
  );
}
