/** What was sent from this page, the newest first and open: each is followed until it has ended. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { ArrowUpRight, CirclePlay } from "lucide-react";
import Link from "next/link";
import { useState } from "react";

import { CancelRun } from "@/components/runs/cancel-run";
import { RunOverview } from "@/components/runs/run-overview";
import { shortId } from "@/components/runs/run-id";
import { RunStatusLabel } from "@/components/runs/run-status";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment } from "@/components/shell/use-environment";
import { buttonStyles } from "@/components/ui/button-styles";
import { cn } from "@/components/ui/cn";
import { formatDuration } from "@/components/ui/format-number";
import { QueryErrorView } from "@/components/ui/query-error";
import { Skeleton } from "@/components/ui/skeleton";
import { StateView } from "@/components/ui/state-view";
import { runQuery } from "@/lib/runs/query-options";
import { isTerminal } from "@/lib/runs/transitions";

const POLL_MS = 400;
/** Older ones are found in the list of runs. */
const KEPT = 20;

const useFollowedRun = (id: string) =>
  useQuery({
    ...runQuery(id),
    refetchInterval: ({ state }) => (state.data && isTerminal(state.data.status) ? false : POLL_MS),
  });

/** `ids` newest first. A run that was sent is opened; an older one can be opened again. */
export function SentRuns({ ids }: { ids: readonly string[] }) {
  const [chosen, setChosen] = useState<{ id: string; among: number } | null>(null);
  const open = chosen?.among === ids.length ? chosen.id : ids[0];
  if (open === undefined) {
    return (
      <section aria-label="Result" className="rounded-lg border border-dashed">
        <StateView icon={CirclePlay} title="Nothing sent yet" className="py-12">
          What comes of the run appears here.
        </StateView>
      </section>
    );
  }
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <OpenRun key={open} id={open} />
      {ids.length > 1 ? (
        <nav aria-label="Sent from here" className="flex flex-col gap-1">
          <h2 className="text-xs font-medium text-muted">Sent from here</h2>
          <ul className="divide-y divide-hairline rounded-lg border">
            {ids.slice(0, KEPT).map((id) => (
              <SentRun key={id} id={id} isOpen={id === open} onOpen={() => setChosen({ id, among: ids.length })} />
            ))}
          </ul>
        </nav>
      ) : null}
    </div>
  );
}

function OpenRun({ id }: { id: string }) {
  const { href } = useEnvironment();
  const seesPayloads = useCan("payloads:read");
  const query = useFollowedRun(id);
  const run = query.data;
  return (
    <section aria-label="Result" aria-live="polite" className="min-w-0 rounded-lg border">
      <header className="flex flex-wrap items-center gap-2 border-b py-2 pr-2 pl-4">
        {run ? <RunStatusLabel status={run.status} /> : <Skeleton className="w-24" />}
        <span className="font-mono text-xs text-muted">
          {shortId(id)}
          {run?.engine_version ? ` · ${run.engine_version}` : ""}
          {run?.duration_ms === undefined ? "" : ` · ${formatDuration(run.duration_ms)}`}
        </span>
        <span className="ml-auto flex items-center gap-1">
          {run && !isTerminal(run.status) ? <CancelRun run={run} size="sm" /> : null}
          <Link href={href(`/runs/${id}`)} className={buttonStyles({ variant: "ghost", size: "sm" })}>
            Open run
            <ArrowUpRight aria-hidden />
          </Link>
        </span>
      </header>
      <div className="min-w-0 p-4">
        {query.isError ? <QueryErrorView title="The run could not be loaded" query={query} /> : null}
        {run ? <RunOverview run={run} seesPayloads={seesPayloads} /> : null}
        {query.isPending ? <Skeleton className="h-24 w-full" /> : null}
      </div>
    </section>
  );
}

function SentRun({ id, isOpen, onOpen }: { id: string; isOpen: boolean; onOpen: () => void }) {
  const { data: run } = useFollowedRun(id);
  return (
    <li>
      <button
        type="button"
        aria-pressed={isOpen}
        onClick={onOpen}
        className={cn(
          "flex h-9 w-full items-center gap-3 px-3 text-left text-sm -outline-offset-2 transition-colors hover:bg-hover",
          isOpen && "bg-selected",
        )}
      >
        {run ? <RunStatusLabel status={run.status} /> : <Skeleton className="w-24" />}
        <span className="font-mono text-xs text-muted">{shortId(id)}</span>
        <span className="ml-auto font-mono text-xs text-muted tabular-nums">
          {run?.duration_ms === undefined ? "" : formatDuration(run.duration_ms)}
        </span>
      </button>
    </li>
  );
}
