/** The facts of a run in one line: engine, version, environment, key, times. */
import type { ReactNode } from "react";

import { EnvironmentBadge } from "@/components/shell/environment-mark";
import { RelativeTime } from "@/components/ui/clock";
import { formatDuration } from "@/components/ui/format-number";
import type { EnvironmentKind } from "@/lib/environments/environment-param";
import type { RunDetailDto } from "@/lib/runs/schema";

/** `kind` is the kind of the run's environment. */
export function RunFacts({ run, kind }: { run: RunDetailDto; kind: EnvironmentKind }) {
  return (
    <dl className="flex flex-wrap gap-x-8 gap-y-3">
      <Fact label="Environment">
        <EnvironmentBadge slug={run.environment} kind={kind} />
      </Fact>
      <Fact label="Engine">
        {run.engine} <span className="font-mono text-xs text-soft">{run.engine_version}</span>
      </Fact>
      <Fact label="Duration">
        <span className="font-mono text-xs tabular-nums">
          {run.duration_ms === undefined ? "–" : formatDuration(run.duration_ms)}
        </span>
      </Fact>
      <Fact label="Created">
        <RelativeTime at={run.created_at} />
      </Fact>
      <Fact label={run.key_name ? "Key" : "Source"}>{run.key_name ?? run.source}</Fact>
    </dl>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="mb-0.5 text-xs text-muted">{label}</dt>
      <dd className="flex min-h-5 items-center gap-1.5 text-sm">{children}</dd>
    </div>
  );
}
