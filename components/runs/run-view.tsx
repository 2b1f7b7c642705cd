/** The page of one run: header, then Overview, Input, Output, Timeline. The open tab stands in the URL. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, SearchX } from "lucide-react";
import Link from "next/link";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import type { ReactNode } from "react";

import { CancelRun } from "@/components/runs/cancel-run";
import { PayloadsRemoved } from "@/components/runs/payloads-removed";
import { RunFacts } from "@/components/runs/run-facts";
import { PayloadsHidden, RunOverview } from "@/components/runs/run-overview";
import { RunStatusLabel } from "@/components/runs/run-status";
import { isTerminal } from "@/lib/runs/transitions";
import { RunTimeline } from "@/components/runs/run-timeline";
import { NoPermission } from "@/components/shell/no-permission";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment } from "@/components/shell/use-environment";
import { useKindOf } from "@/components/shell/use-kind-of";
import { buttonStyles } from "@/components/ui/button-styles";
import { CopyButton } from "@/components/ui/copy-button";
import { JsonView } from "@/components/ui/json-view";
import { QueryErrorView } from "@/components/ui/query-error";
import { Skeleton } from "@/components/ui/skeleton";
import { StateView } from "@/components/ui/state-view";
import { Tabs } from "@/components/ui/tabs";
import { PortalError } from "@/lib/http/portal-client";
import { runQuery } from "@/lib/runs/query-options";
import type { RunDetailDto } from "@/lib/runs/schema";

const POLL_MS = 1_000;
const TABS = ["overview", "input", "output", "timeline"] as const;

/** Follows the run until it has ended. */
export function RunView({ id }: { id: string }) {
  const mayRead = useCan("runs:read");
  const { href } = useEnvironment();
  const query = useQuery({
    ...runQuery(id),
    enabled: mayRead,
    refetchInterval: ({ state }) => (!state.data || isTerminal(state.data.status) ? false : POLL_MS),
  });
  if (!mayRead) return <NoPermission permission="runs:read" what="runs" />;
  if (query.isPending) return <RunSkeleton />;
  if (query.error instanceof PortalError && query.error.status === 404) return <RunNotFound id={id} />;
  if (query.isError) return <QueryErrorView title="The run could not be loaded" query={query} />;
  return (
    <>
      <Link
        href={href("/runs")}
        className="mb-2 -ml-1 inline-flex items-center gap-0.5 rounded-sm text-sm text-muted hover:text-ink"
      >
        <ChevronLeft className="size-4" aria-hidden />
        Runs
      </Link>
      <RunHeader run={query.data} />
      <RunTabs run={query.data} />
    </>
  );
}

function RunHeader({ run }: { run: RunDetailDto }) {
  const kindOf = useKindOf();
  return (
    <header className="mb-5 flex flex-col gap-4">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <RunStatusLabel status={run.status} className="text-sm [&_svg]:size-4" />
          <div className="flex min-w-0 items-center gap-1">
            <h1 className="min-w-0 font-mono text-lg font-medium tracking-normal break-all">{run.run_id}</h1>
            <CopyButton text={run.run_id} label="Copy run id" />
          </div>
        </div>
        {isTerminal(run.status) ? null : <CancelRun run={run} />}
      </div>
      <RunFacts run={run} kind={kindOf(run.environment)} />
    </header>
  );
}

function RunTabs({ run }: { run: RunDetailDto }) {
  const seesPayloads = useCan("payloads:read");
  const [tab, setTab] = useQueryState("tab", parseAsStringLiteral(TABS).withDefault("overview"));
  const payload = (content: ReactNode) => {
    if (run.payloads_removed) return <PayloadsRemoved run={run} />;
    return seesPayloads ? content : <PayloadsHidden />;
  };
  return (
    <Tabs
      label="Run"
      value={tab}
      onChange={(next) => void setTab(next)}
      tabs={[
        { value: "overview", label: "Overview", content: <RunOverview run={run} seesPayloads={seesPayloads} /> },
        { value: "input", label: "Input", content: payload(<RunInput run={run} />) },
        { value: "output", label: "Output", content: payload(<RunOutput run={run} />) },
        { value: "timeline", label: "Timeline", content: <RunTimeline run={run} /> },
      ]}
    />
  );
}

function RunInput({ run }: { run: RunDetailDto }) {
  return (
    <div className="flex flex-col gap-4">
      <JsonView value={run.input ?? null} label="Input" />
      {run.offerings === undefined ? null : <JsonView value={run.offerings} label="Offerings" />}
    </div>
  );
}

function RunOutput({ run }: { run: RunDetailDto }) {
  const { output, solutions, error } = run;
  if (output === undefined && solutions === undefined && error === undefined) {
    return (
      <p className="text-sm text-muted">{isTerminal(run.status) ? "This run has no output." : "No output yet."}</p>
    );
  }
  return (
    <div className="flex flex-col gap-4">
      {solutions === undefined ? null : <JsonView value={solutions} label="Solutions" />}
      {output === undefined ? null : <JsonView value={output} label="Output" />}
      {error === undefined ? null : <JsonView value={error} label="Error" />}
    </div>
  );
}

function RunNotFound({ id }: { id: string }) {
  const { href } = useEnvironment();
  return (
    <StateView
      icon={SearchX}
      title="No such run"
      actions={
        <Link href={href("/runs")} className={buttonStyles({})}>
          All runs
        </Link>
      }
    >
      This organization has no run <code className="font-mono text-xs break-all text-soft">{id.slice(0, 64)}</code>.
    </StateView>
  );
}

function RunSkeleton() {
  return (
    <div aria-busy aria-label="Loading the run" className="flex flex-col gap-5">
      <Skeleton className="h-4 w-24" />
      <Skeleton className="h-5 w-96 max-w-full" />
      <div className="flex gap-8">
        <Skeleton className="h-8 w-20" />
        <Skeleton className="h-8 w-28" />
        <Skeleton className="h-8 w-16" />
      </div>
      <Skeleton className="h-40 w-full" />
    </div>
  );
}
