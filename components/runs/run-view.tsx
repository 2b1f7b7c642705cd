/** The page of one run: header, then Overview, Trace, Input, Output, Webhooks, Timeline. The open tab stands in the URL. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, FlaskConical, SearchX } from "lucide-react";
import Link from "next/link";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import type { ReactNode } from "react";

import { CancelRun } from "@/components/runs/cancel-run";
import { PayloadsRemoved } from "@/components/runs/payloads-removed";
import { RunFacts } from "@/components/runs/run-facts";
import { PayloadsHidden, RunOverview } from "@/components/runs/run-overview";
import { RunStatusLabel } from "@/components/runs/run-status";
import { RunTimeline } from "@/components/runs/run-timeline";
import { RunTraceView } from "@/components/runs/run-trace";
import { NoPermission } from "@/components/shell/no-permission";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment, usePermissionRefusal } from "@/components/shell/use-environment";
import { useKindOf } from "@/components/shell/use-kind-of";
import { Button } from "@/components/ui/button";
import { buttonStyles } from "@/components/ui/button-styles";
import { CopyButton } from "@/components/ui/copy-button";
import { JsonView } from "@/components/ui/json-view";
import { QueryErrorView } from "@/components/ui/query-error";
import { Skeleton } from "@/components/ui/skeleton";
import { StateView } from "@/components/ui/state-view";
import { Tabs } from "@/components/ui/tabs";
import { RunDeliveries } from "@/components/webhooks/run-deliveries";
import { PortalError } from "@/lib/http/portal-client";
import { environmentHref } from "@/lib/environments/environment-param";
import { runQuery } from "@/lib/runs/query-options";
import type { RunDetailDto } from "@/lib/runs/schema";
import { isTerminal } from "@/lib/runs/transitions";

const POLL_MS = 1_000;
const TALL = "max-h-180";
const TABS = ["overview", "trace", "input", "output", "webhooks", "timeline"] as const;

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
      <RunTabs run={query.data} readAtMs={query.dataUpdatedAt} />
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
        <div className="flex gap-2">
          <OpenInTester run={run} />
          {isTerminal(run.status) ? null : <CancelRun run={run} />}
        </div>
      </div>
      <RunFacts run={run} kind={kindOf(run.environment)} />
    </header>
  );
}

/** Composes a run from this one, in its own environment; for those who may see what it was given, as long as that is kept. */
function OpenInTester({ run }: { run: RunDetailDto }) {
  const [unseen, unsendable] = [usePermissionRefusal("payloads:read"), usePermissionRefusal("runs:write")];
  const removed = run.payloads_removed ? "Its input was removed by retention" : undefined;
  const reason = unseen ?? unsendable ?? removed;
  const content = (
    <>
      <FlaskConical aria-hidden />
      Open in tester
    </>
  );
  if (reason) return <Button disabledReason={reason}>{content}</Button>;
  const href = environmentHref("/runs/new", run.environment, { from: run.run_id });
  return (
    <Link href={href} className={buttonStyles({})}>
      {content}
    </Link>
  );
}

/** `readAtMs` is when the run was last read: up to then it is known what it does. */
function RunTabs({ run, readAtMs }: { run: RunDetailDto; readAtMs: number }) {
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
        { value: "trace", label: "Trace", content: payload(<RunTraceView run={run} />) },
        { value: "input", label: "Input", content: payload(<RunInput run={run} />) },
        { value: "output", label: "Output", content: payload(<RunOutput run={run} />) },
        { value: "webhooks", label: "Webhooks", content: <RunDeliveries run={run} /> },
        { value: "timeline", label: "Timeline", content: <RunTimeline run={run} nowMs={readAtMs} /> },
      ]}
    />
  );
}

function RunInput({ run }: { run: RunDetailDto }) {
  return (
    <div className="flex flex-col gap-4">
      <JsonView value={run.input ?? null} label="Input" root="input" className={TALL} />
      {run.offerings === undefined ? null : (
        <JsonView value={run.offerings} label="Offerings" root="offerings" className={TALL} />
      )}
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
      {solutions === undefined ? null : (
        <JsonView value={solutions} label="Solutions" root="solutions" className={TALL} />
      )}
      {output === undefined ? null : <JsonView value={output} label="Output" root="output" className={TALL} />}
      {error === undefined ? null : <JsonView value={error} label="Error" root="error" />}
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
    <div aria-busy className="flex flex-col gap-5">
      <span className="sr-only">Loading the run</span>
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
