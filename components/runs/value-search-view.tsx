/** A search by value: how far it is, a way to stop it, and what it has found so far. */
"use client";

import { SearchX, X } from "lucide-react";
import { useEffect } from "react";

import type { RunTableProps } from "@/components/runs/run-table";
import { RunTable } from "@/components/runs/run-table";
import { RunTableSkeleton } from "@/components/runs/run-table-skeleton";
import { useValueSearch, type ValueSearch } from "@/components/runs/use-value-search";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { formatCount, formatPlural } from "@/components/ui/format-number";
import { formatDay } from "@/components/ui/format-time";
import { ProgressBar } from "@/components/ui/progress-bar";
import { StateView } from "@/components/ui/state-view";
import type { RunFilters } from "@/lib/runs/query-options";
import type { RunSummaryDto } from "@/lib/runs/schema";

type ValueSearchProps = {
  environment: string;
  filters: RunFilters;
  query: string;
  /** Hears of what has been found so far. */
  onFound: (runs: readonly RunSummaryDto[]) => void;
  onLeave: () => void;
  table: Omit<RunTableProps, "runs">;
};

/** Begins at once; what is asked for is its key. */
export function ValueSearchView(props: ValueSearchProps) {
  const { environment, filters, query } = props;
  return <SearchedRuns key={JSON.stringify([environment, filters, query])} {...props} />;
}

function SearchedRuns({ environment, filters, query, onFound, onLeave, table }: ValueSearchProps) {
  const { stop, goOn, ...search } = useValueSearch({ environment, filters, query });
  const { state, runs, error } = search;
  useEffect(() => onFound(runs), [runs, onFound]);
  return (
    <section aria-label="Search by value">
      <div className="mb-3 flex flex-col gap-2 rounded-lg border bg-sunken px-3 py-2.5">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <code className="min-w-0 font-mono text-xs font-medium break-all">{query}</code>
          <output className="text-xs text-muted">{wordsOf(search)}</output>
          <span className="ml-auto flex items-center gap-1">
            {state === "running" ? (
              <Button size="sm" onClick={stop}>
                Stop
              </Button>
            ) : null}
            {state === "stopped" || state === "failed" ? (
              <Button size="sm" onClick={goOn}>
                Go on
              </Button>
            ) : null}
            <Button size="iconSm" variant="ghost" aria-label="Leave the search" onClick={onLeave}>
              <X aria-hidden />
            </Button>
          </span>
        </div>
        {state === "done" ? null : (
          <ProgressBar
            label="Runs looked through"
            value={search.progress?.scanned ?? 0}
            max={search.progress?.of ?? null}
          />
        )}
      </div>
      {error ? (
        <Callout tone="danger" live="alert" className="mb-3">
          {error.message}
        </Callout>
      ) : null}
      {search.progress?.limited && state === "done" ? (
        <Callout tone="warning" live="status" className="mb-3">
          More than {formatCount(search.progress.of)} runs fit the filters; the newest {formatCount(search.progress.of)}{" "}
          were looked through. Narrow them down by engine, tag or time to see further back.
        </Callout>
      ) : null}
      {runs.length > 0 ? <RunTable runs={runs} {...table} /> : null}
      {runs.length === 0 && state === "done" ? <NothingFound onLeave={onLeave} /> : null}
      {runs.length === 0 && state === "running" && search.progress === null ? (
        <RunTableSkeleton showEnvironment={table.showEnvironment} />
      ) : null}
    </section>
  );
}

function wordsOf({ state, runs, progress, waiting }: ValueSearch): string {
  if (waiting) return "Waiting for another search of yours to end";
  if (progress === null) return state === "running" ? "Looking through runs…" : "";
  const found = `${formatPlural(runs.length, "run")} found`;
  const seen = `${formatCount(progress.scanned)} of ${formatCount(progress.of)} looked through`;
  const since = `back to ${formatDay(progress.since)}`;
  if (state === "done") return `${found} · all ${formatCount(progress.scanned)} looked through, ${since}`;
  return `${found} · ${seen}${state === "stopped" ? ", stopped" : ""}`;
}

function NothingFound({ onLeave }: { onLeave: () => void }) {
  return (
    <StateView
      icon={SearchX}
      title="No run has this value"
      actions={<Button onClick={onLeave}>Leave the search</Button>}
    >
      Runs of the last seven days that fit the filters were looked through. Upper and lower case differ; DE* finds what
      begins with DE, and * whatever is there.
    </StateView>
  );
}
