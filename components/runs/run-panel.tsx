/** A run at the side of the table, so that the list stays in sight. */
"use client";

import { useQuery } from "@tanstack/react-query";

import { CancelRun } from "@/components/runs/cancel-run";
import { shortId } from "@/components/runs/run-id";
import { RunFacts } from "@/components/runs/run-facts";
import { RunOverview } from "@/components/runs/run-overview";
import { RunStatusLabel } from "@/components/runs/run-status";
import { isTerminal } from "@/lib/runs/transitions";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment } from "@/components/shell/use-environment";
import { QueryErrorView } from "@/components/ui/query-error";
import { SidePanel } from "@/components/ui/side-panel";
import { Skeleton } from "@/components/ui/skeleton";
import { useKindOf } from "@/components/shell/use-kind-of";
import { runQuery } from "@/lib/runs/query-options";

const POLL_MS = 1_000;

/** Follows the run until it has ended. */
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
    <SidePanel
      label="Run"
      id={id}
      shortId={shortId(id)}
      status={run ? <RunStatusLabel status={run.status} /> : null}
      actions={run && !isTerminal(run.status) ? <CancelRun run={run} size="sm" /> : null}
      href={href(`/runs/${id}`)}
      onClose={onClose}
      className="w-[min(480px,44vw)]"
    >
      {query.isError ? <QueryErrorView title="The run could not be loaded" query={query} /> : null}
      {query.isPending ? <PanelSkeleton /> : null}
      {run ? (
        <>
          <RunFacts run={run} kind={kindOf(run.environment)} />
          <RunOverview run={run} seesPayloads={seesPayloads} />
        </>
      ) : null}
    </SidePanel>
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
