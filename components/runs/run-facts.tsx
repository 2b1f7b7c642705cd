/** The facts of a run in one line: engine, version, environment, key, times, tags. */
"use client";

import Link from "next/link";
import type { ReactNode } from "react";

import { EnvironmentBadge } from "@/components/shell/environment-mark";
import { useEnvironment } from "@/components/shell/use-environment";
import { Badge } from "@/components/ui/badge";
import { RelativeTime } from "@/components/ui/clock";
import { formatDuration } from "@/components/ui/format-number";
import type { EnvironmentKind } from "@/lib/environments/environment-param";
import type { RunDetailDto } from "@/lib/runs/schema";

/** `kind` is the kind of the run's environment. */
export function RunFacts({ run, kind }: { run: RunDetailDto; kind: EnvironmentKind }) {
  const { href } = useEnvironment();
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
      {run.tags ? (
        <Fact label="Tags">
          <span className="flex flex-wrap gap-1">
            {run.tags.map((tag) => (
              <Link key={tag} href={href("/runs", { tag })} className="max-w-full min-w-0 rounded-sm hover:underline">
                <Badge className="font-mono">
                  <span className="truncate">{tag}</span>
                </Badge>
              </Link>
            ))}
          </span>
        </Fact>
      ) : null}
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
