/** A run at the side of the table, so that the list stays in sight. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { Maximize2, X } from "lucide-react";
import Link from "next/link";

import { CancelRun } from "@/components/runs/cancel-run";
import { shortId } from "@/components/runs/run-id";
import { RunFacts } from "@/components/runs/run-facts";
import { RunOverview } from "@/components/runs/run-overview";
import { RunStatusLabel } from "@/components/runs/run-status";
import { isTerminal } from "@/lib/runs/transitions";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { buttonStyles } from "@/components/ui/button-styles";
import { CopyButton } from "@/components/ui/copy-button";
import { QueryErrorView } from "@/components/ui/query-error";
import { Skeleton } from "@/components/ui/skeleton";
import { useKindOf } from "@/components/shell/use-kind-of";
import { runQuery } from "@/lib/runs/query-options";

const POLL_MS = 1_000;

/** Not modal: the table goes on working beside it. */
export function RunPanel({ id, onClose }: { id: string; onClose: () => void }) {
  const seesPayloads = useCan("payloads:read");
  const { href } = useEnvironment();
  const kindOf = useKindOf();
  const query = useQuery({
    ...runQuery(id),
    refetchInterval: ({ state }) => (state.data && isTerminal(state.data.status) ? false : POLL_MS),
  });
  const run = query.data;
  return (
    <aside
      aria-label="Run"
      className="fixed top-12 right-0 bottom-0 z-10 flex w-[min(480px,44vw)] flex-col overflow-y-auto border-l bg-canvas shadow-float animate-slide-left max-lg:hidden"
    >
      <header className="sticky top-0 flex items-center gap-2 border-b bg-canvas py-2 pr-3 pl-5">
        {run ? <RunStatusLabel status={run.status} /> : null}
        <h2 className="font-mono text-xs font-medium">{shortId(id)}</h2>
        <CopyButton text={id} label="Copy run id" />
        <div className="ml-auto flex items-center gap-1">
          {run && !isTerminal(run.status) ? <CancelRun run={run} size="sm" /> : null}
          <Link
            href={href(`/runs/${id}`)}
            aria-label="Open full page"
            className={buttonStyles({ variant: "ghost", size: "iconSm" })}
          >
            <Maximize2 aria-hidden />
          </Link>
          <Button variant="ghost" size="iconSm" aria-label="Close panel" onClick={onClose}>
            <X aria-hidden />
          </Button>
        </div>
      </header>
      <div className="flex flex-col gap-5 px-5 pt-4 pb-12">
        {query.isError ? <QueryErrorView title="The run could not be loaded" query={query} /> : null}
        {query.isPending ? <PanelSkeleton /> : null}
        {run ? (
          <>
            <RunFacts run={run} kind={kindOf(run.environment)} />
            <RunOverview run={run} seesPayloads={seesPayloads} />
          </>
        ) : null}
      </div>
    </aside>
  );
}

function PanelSkeleton() {
  return (
    <div aria-busy className="flex flex-col gap-4">
      <Skeleton className="w-3/4" />
      <Skeleton className="h-24 w-full" />
      <Skeleton className="h-24 w-full" />
    </div>
  );
}
