/** Cancels every run that fits the filters of the page and has not ended: says what that means before it does it. */
"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { followOperation } from "@/components/bulk-operations/followed";
import { useEnvironment, useRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { formatCount, formatPlural } from "@/components/ui/format-number";
import { cancelRuns, toCancelFilter } from "@/lib/bulk-operations/query-options";
import type { BulkOperationDto } from "@/lib/bulk-operations/schema";
import type { PortalError } from "@/lib/http/portal-client";
import { createdLabel } from "@/lib/runs/created-range";
import { countOpenRuns, type RunFilters } from "@/lib/runs/query-options";

const OPEN: ReadonlySet<string> = new Set(["PENDING", "RUNNING"]);

/** Why nothing can be canceled with these filters, or undefined. */
function filterProblem({ status, id }: RunFilters): string | undefined {
  if (id !== null) return "Clear the id filter first: a part of an id is no choice of runs";
  if (status.length > 0 && !status.some((name) => OPEN.has(name))) {
    return "Runs with this status have ended: there is nothing to cancel";
  }
  return undefined;
}

type CancelMatchingProps = {
  filters: RunFilters;
  /** How many filters are set. */
  count: number;
  /** A search by value is shown: what it finds is no filter. */
  searching: boolean;
};

const SEARCHING = "A search by value is no filter: select runs among those found, or leave the search";

/** The button with its question. */
export function CancelMatching({ filters, count, searching }: CancelMatchingProps) {
  const refusal = useRefusal("runs:write");
  const [open, setOpen] = useState(false);
  const label = count > 0 ? "Cancel all that match…" : "Cancel all…";
  return (
    <>
      <Button
        disabledReason={refusal ?? (searching ? SEARCHING : filterProblem(filters))}
        onClick={() => setOpen(true)}
      >
        {label}
      </Button>
      {open ? <CancelMatchingDialog filters={filters} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function CancelMatchingDialog({ filters, onClose }: { filters: RunFilters; onClose: () => void }) {
  const { slug } = useEnvironment();
  const counted = useQuery({
    queryKey: ["open-runs", slug, filters],
    queryFn: ({ signal }) => countOpenRuns(slug, filters, signal),
    gcTime: 0,
  });
  const cancel = useMutation<BulkOperationDto, PortalError>({
    mutationFn: () => cancelRuns(slug, toCancelFilter(filters)),
    onSuccess: ({ id }) => {
      followOperation(id);
      onClose();
    },
  });
  return (
    <ConfirmDialog
      open
      onOpenChange={(next) => (next || cancel.isPending ? undefined : onClose())}
      title={`Cancel runs in ${slug}`}
      confirmText={slug}
      confirmLabel="Cancel runs"
      keepLabel="Let them run"
      pending={cancel.isPending}
      error={cancel.error?.message}
      onConfirm={() => cancel.mutate()}
    >
      <div className="flex flex-col gap-3">
        <p aria-live="polite">
          <strong className="font-semibold text-ink">{wordsOfCount(counted.data)}</strong> in {slug}
          {narrowed(filters)} will be canceled{counted.isError ? "; how many could not be counted" : ""}.
        </p>
        <ul className="flex list-disc flex-col gap-1 pl-4">
          <li>They get no result and cannot be resumed. They still count as usage, because they were accepted.</li>
          <li>Runs that have ended stay as they are, and so do those that come in from now on.</li>
          <li>It goes on in the background. You can stop it; what is canceled by then stays canceled.</li>
        </ul>
      </div>
    </ConfirmDialog>
  );
}

function wordsOfCount(counted: { runs: number; more: boolean } | undefined): string {
  if (!counted) return "Every run that waits or is being executed";
  const { runs, more } = counted;
  if (more) return `More than ${formatCount(runs)} runs that wait or are being executed`;
  if (runs === 0) return "No run that waits or is being executed now";
  return `${formatPlural(runs, "run")} that ${runs === 1 ? "waits or is" : "wait or are"} being executed`;
}

/** The filters in words, to follow "in live". */
function narrowed({ status, engine, version, tag, created }: RunFilters): string {
  const open = status.filter((name) => OPEN.has(name));
  const parts = [
    open.length > 0 ? `status ${open.join(" or ")}` : [],
    engine === null ? [] : `engine ${engine}`,
    version === null ? [] : `version ${version}`,
    tag === null ? [] : `tag ${tag}`,
    created === null ? [] : `created ${createdLabel(created)}`,
  ].flat();
  return parts.length === 0 ? "" : ` with ${parts.join(", ")}`;
}
