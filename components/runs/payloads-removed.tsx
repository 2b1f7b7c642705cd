/** In the place of input and output that are no longer kept. */
import { Archive } from "lucide-react";

import type { RunDetailDto } from "@/lib/runs/schema";

/** Says after how long they were removed, and what is left of the result. */
export function PayloadsRemoved({ run }: { run: RunDetailDto }) {
  const days = run.payloads_kept_days;
  return (
    <div className="flex flex-col items-center gap-1 rounded-lg border px-4 py-6 text-center text-sm text-muted">
      <p className="flex items-center gap-1.5">
        <Archive className="size-4 shrink-0" aria-hidden />
        Input and output were removed
        {days === undefined ? " by retention" : ` after ${days} ${days === 1 ? "day" : "days"}`}.
      </p>
      {run.summary === undefined || run.error ? null : (
        <p>
          What is left of the result: <span className="text-soft">{run.summary}</span>
        </p>
      )}
    </div>
  );
}
