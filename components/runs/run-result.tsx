/** What came of a run, in a few words. */
import type { RunSummaryDto } from "@/lib/runs/schema";

/** The error's code for what failed, else the run's own summary. */
export function RunResult({
  run,
}: {
  run: Pick<RunSummaryDto, "status" | "error_code" | "summary" | "degradation_reason">;
}) {
  if (run.status === "FAILED") return <code className="font-mono text-xs text-danger-text">{run.error_code}</code>;
  if (run.status === "DEGRADED") {
    return (
      <span className="text-warning-text" title={run.degradation_reason}>
        {run.summary ?? run.degradation_reason}
      </span>
    );
  }
  return <span className="text-soft">{run.summary}</span>;
}
