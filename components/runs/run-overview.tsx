/** What a person came for: the result of a run, or the error, or what it is waiting for. */
import { Findings } from "@/components/runs/findings";
import { FieldLine } from "@/components/runs/field-line";
import { OfferingGroups } from "@/components/runs/offering-groups";
import {
  factsOf,
  failedOf,
  findingsOf,
  ineligibleOf,
  shortDegradation,
  solutionsOf,
} from "@/components/runs/result-shapes";
import { PayloadsRemoved } from "@/components/runs/payloads-removed";
import { RunErrorView } from "@/components/runs/run-error";
import { type TraceHref, useTraceHref } from "@/components/runs/trace-href";
import { RelativeTime } from "@/components/ui/clock";
import { Callout } from "@/components/ui/callout";
import { JsonView } from "@/components/ui/json-view";
import type { RunDetailDto } from "@/lib/runs/schema";

/** `seesPayloads`: whether the person may see outputs; without that only the error and the state are shown. */
export function RunOverview({ run, seesPayloads }: { run: RunDetailDto; seesPayloads: boolean }) {
  const toTrace = useTraceHref(run.run_id);
  const traceHref = seesPayloads && !run.payloads_removed ? toTrace : undefined;
  return (
    <div className="flex flex-col gap-4">
      <RunState run={run} />
      {run.error ? <RunErrorView error={run.error} traceHref={traceHref} /> : null}
      {run.status === "DEGRADED" ? <Callout tone="warning">{shortDegradation(run.degradation_reason)}.</Callout> : null}
      <VisibleOutcome run={run} seesPayloads={seesPayloads} traceHref={traceHref} />
    </div>
  );
}

type OutcomeProps = { run: RunDetailDto; seesPayloads: boolean; traceHref: TraceHref | undefined };

function VisibleOutcome({ run, seesPayloads, traceHref }: OutcomeProps) {
  if (run.payloads_removed) return <PayloadsRemoved run={run} />;
  if (run.status !== "COMPLETED" && run.status !== "DEGRADED") return null;
  return seesPayloads ? <RunOutcome run={run} traceHref={traceHref} /> : <PayloadsHidden />;
}

/** Why inputs and outputs are not shown. */
export function PayloadsHidden() {
  return (
    <p className="rounded-lg border px-4 py-6 text-center text-sm text-muted">
      Inputs and outputs need the permission <code className="font-mono text-xs text-soft">payloads:read</code>. An
      owner can grant it.
    </p>
  );
}

function RunState({ run }: { run: RunDetailDto }) {
  if (run.status === "PENDING") {
    return (
      <p className="text-sm text-muted">
        Waiting for a worker. Accepted <RelativeTime at={run.created_at} />.
      </p>
    );
  }
  if (run.status === "RUNNING") {
    return (
      <p className="text-sm text-muted">
        A worker is executing it
        {run.started_at ? (
          <>
            {" "}
            since <RelativeTime at={run.started_at} />
          </>
        ) : null}
        .
      </p>
    );
  }
  if (run.status === "CANCELED") {
    return (
      <p className="text-sm text-muted">
        Canceled
        {run.completed_at ? (
          <>
            {" "}
            <RelativeTime at={run.completed_at} />
          </>
        ) : null}
        . It has no result. It counts as usage, because it was accepted.
      </p>
    );
  }
  return null;
}

/** What an engine answered, in the form that its type has. */
export function RunOutcome({
  run,
  traceHref,
}: {
  run: Pick<RunDetailDto, "output" | "solutions">;
  traceHref?: TraceHref | undefined;
}) {
  const findings = findingsOf(run.output);
  if (run.solutions !== undefined) {
    return (
      <OfferingGroups
        solutions={solutionsOf(run.solutions)}
        failed={failedOf(run.output)}
        ineligible={ineligibleOf(run.output)}
        traceHref={traceHref}
      />
    );
  }
  if (findings) {
    return (
      <>
        <FieldLine fields={factsOf(run.output)} />
        <Findings findings={findings} />
      </>
    );
  }
  return <JsonView value={run.output ?? null} label="Output" />;
}
