/** How far the bulk operations of this tab are, in a corner of every page, until they have ended and are dismissed. */
"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Check, CircleAlert, LoaderCircle, X } from "lucide-react";
import { useEffect } from "react";

import { forgetOperation, useFollowedOperations } from "@/components/bulk-operations/followed";
import { usePermissionRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { formatCount, formatPlural } from "@/components/ui/format-number";
import { ProgressBar } from "@/components/ui/progress-bar";
import { toastError } from "@/components/ui/toast";
import { bulkOperationQuery, stopBulkOperation } from "@/lib/bulk-operations/query-options";
import type { BulkOperationDto } from "@/lib/bulk-operations/schema";
import { PortalError } from "@/lib/http/portal-client";

const POLL_MS = 700;

const hasEnded = ({ status }: BulkOperationDto) => status !== "queued" && status !== "running";

/** Nothing while there is none. */
export function BulkOperationsBar() {
  const ids = useFollowedOperations();
  if (ids.length === 0) return null;
  return (
    <section
      aria-label="Bulk operations"
      className="pointer-events-none fixed bottom-7 left-1/2 z-30 flex w-full max-w-md -translate-x-1/2 flex-col gap-2 p-4 max-sm:p-2"
    >
      {ids.map((id) => (
        <OperationLine key={id} id={id} />
      ))}
    </section>
  );
}

function OperationLine({ id }: { id: string }) {
  const queryClient = useQueryClient();
  const { data: operation, error } = useQuery({
    ...bulkOperationQuery(id),
    refetchInterval: ({ state }) => (state.data && hasEnded(state.data) ? false : POLL_MS),
  });
  const ended = operation !== undefined && hasEnded(operation);
  useEffect(() => {
    if (ended) void queryClient.invalidateQueries({ queryKey: ["runs"] });
  }, [ended, queryClient]);
  // Another organization's, after signing in to another: nothing that could be shown here.
  const gone = error instanceof PortalError && (error.status === 404 || error.status === 403);
  useEffect(() => {
    if (gone) forgetOperation(id);
  }, [gone, id]);
  if (!operation) return null;
  return (
    <div className="floating pointer-events-auto flex flex-col gap-2 rounded-lg px-3 py-2.5">
      <div className="flex items-center gap-2.5">
        <OperationIcon operation={operation} />
        <output className="min-w-0 flex-1 text-sm">{wordsOf(operation)}</output>
        {ended ? (
          <Button variant="ghost" size="iconSm" aria-label="Dismiss" onClick={() => forgetOperation(id)}>
            <X aria-hidden />
          </Button>
        ) : (
          <StopOperation operation={operation} />
        )}
      </div>
      {ended ? null : <ProgressBar label="Runs canceled" value={operation.processed} max={operation.matched} />}
    </div>
  );
}

function OperationIcon({ operation }: { operation: BulkOperationDto }) {
  if (!hasEnded(operation))
    return <LoaderCircle className="size-4 shrink-0 animate-spin text-info-solid" aria-hidden />;
  if (operation.status === "failed") return <CircleAlert className="size-4 shrink-0 text-danger-solid" aria-hidden />;
  return <Check className="size-4 shrink-0 text-success-solid" aria-hidden />;
}

/** What an operation does or has done, in one line. */
export function wordsOf(operation: BulkOperationDto): string {
  const { status, environment, matched, processed, succeeded, skipped, started_at: startedAt } = operation;
  const canceled = formatPlural(succeeded, "run");
  switch (status) {
    case "queued":
      return `Canceling runs in ${environment}: ${startedAt === undefined ? "waiting for a worker" : "counting them"}`;
    case "running":
      return `Canceling runs in ${environment}: ${formatCount(processed)} of ${formatCount(matched ?? 0)}`;
    case "completed":
      if (matched === 0) return `Nothing to cancel in ${environment}: no run fitted that had not ended`;
      return `Canceled ${canceled} in ${environment}${skipped > 0 ? `; ${formatCount(skipped)} had ended before` : ""}`;
    case "stopped":
      return `Stopped after ${canceled} in ${environment}`;
    case "failed":
      return `Failed after ${canceled} in ${environment}: try again, or ask an operator`;
  }
}

function StopOperation({ operation }: { operation: BulkOperationDto }) {
  const queryClient = useQueryClient();
  const refusal = usePermissionRefusal("runs:write");
  const stop = useMutation({
    mutationFn: () => stopBulkOperation(operation),
    onError: (error) => toastError("The operation could not be stopped", error),
    onSettled: () => queryClient.invalidateQueries({ queryKey: bulkOperationQuery(operation.id).queryKey }),
  });
  return (
    <Button size="sm" pending={stop.isPending} disabledReason={refusal} onClick={() => stop.mutate()}>
      Stop
    </Button>
  );
}
