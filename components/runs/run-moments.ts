/** What is known of a run's life: its moments, and the spans between them. Pure. */
import { formatExact } from "@/components/ui/format-time";
import type { RunDetailDto, RunStatusName } from "@/lib/runs/schema";

export type Moment = { status: RunStatusName; title: string; detail?: string | undefined; at: string | undefined };

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
export function momentsOf(run: RunDetailDto): Moment[] {
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
  if (run.started_at) {
    const detail = `A worker evaluated it with ${run.engine} ${run.engine_version}`;
    moments.push({ status: "RUNNING", title: "Execution started", detail, at: run.started_at });
  }
  if (run.callback_expires_at) {
    const detail = `Its service answered 202, and has until ${formatExact(run.callback_expires_at)} to call back`;
    moments.push({ status: "RUNNING", title: "Waiting for the callback", detail, at: undefined });
  }
  const end = END[run.status];
  if (end) {
    const detail = run.error?.code ?? run.degradation_reason;
    moments.push({ status: run.status, title: end, detail, at: run.completed_at });
  }
  return moments;
}

/** Milliseconds; `execution` is there when it has begun. What has not ended is told up to now. */
export type Spans = { wait: number; execution: number | undefined };

/** How long the run waited, earlier tries by workers that died included, and how long it was executed. */
export function spansOf(run: Pick<RunDetailDto, "created_at" | "started_at" | "completed_at">, nowMs: number): Spans {
  const [created, started, completed] = [run.created_at, run.started_at, run.completed_at].map((at) =>
    at === undefined ? undefined : Date.parse(at),
  );
  const end = completed ?? Math.max(nowMs, started ?? created!);
  return {
    wait: Math.max(0, (started ?? end) - created!),
    execution: started === undefined ? undefined : Math.max(0, end - started),
  };
}

/** Why a run took as long as it did, in a sentence; undefined where nothing stands out. */
export function whySoLong(
  { wait, execution = 0 }: Spans,
  status: RunStatusName,
  takeovers: number,
): string | undefined {
  if (takeovers > 0)
    return "Most of the wait is that a worker died with it: another took it over when its lease had lapsed.";
  if (status === "PENDING" && wait > 1_000) {
    return "It waits for its turn: other runs are before it, its environment is at its limit of runs at once, or no worker runs.";
  }
  if (wait > 1_000 && wait > 2 * execution) {
    return "It mostly waited for its turn: other runs were before it, its environment was at its limit of runs at once, or no worker ran.";
  }
  if (execution > 1_000 && execution > wait)
    return "It was mostly the engine itself: its trace shows which node took long.";
  return undefined;
}
