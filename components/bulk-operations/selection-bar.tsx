/** What can be done with the rows that are selected. */
"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { followOperation } from "@/components/bulk-operations/followed";
import { useEnvironment, useRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { Dialog, DialogBody, DialogClose, DialogContent, DialogFooter, DialogTrigger } from "@/components/ui/dialog";
import { formatPlural } from "@/components/ui/format-number";
import { cancelRuns } from "@/lib/bulk-operations/query-options";
import type { BulkOperationDto } from "@/lib/bulk-operations/schema";
import type { PortalError } from "@/lib/http/portal-client";
import type { RunSummaryDto } from "@/lib/runs/schema";
import { isTerminal } from "@/lib/runs/transitions";

/** `runs` are the selected ones; nothing while there are none. */
export function SelectionBar({ runs, onClear }: { runs: readonly RunSummaryDto[]; onClear: () => void }) {
  const refusal = useRefusal("runs:write");
  const open = runs.filter((run) => !isTerminal(run.status));
  const ended = open.length === 0 ? "The selected runs have ended" : undefined;
  return (
    <div aria-live="polite">
      {runs.length > 0 ? (
        <div className="mb-2 flex min-h-9 flex-wrap items-center gap-2 rounded-md border border-accent-line bg-accent-tint py-1 pr-1 pl-3 text-sm">
          <span className="mr-auto font-medium text-accent-text">{formatPlural(runs.length, "run")} selected</span>
          {refusal || ended ? (
            <Button size="sm" disabledReason={refusal ?? ended}>
              Cancel selected
            </Button>
          ) : (
            <CancelSelected open={open} ended={runs.length - open.length} onDone={onClear} />
          )}
          <Button size="sm" variant="ghost" onClick={onClear}>
            Clear
          </Button>
        </div>
      ) : null}
    </div>
  );
}

type CancelSelectedProps = { open: readonly RunSummaryDto[]; ended: number; onDone: () => void };

function CancelSelected({ open, ended, onDone }: CancelSelectedProps) {
  const { slug } = useEnvironment();
  const [asking, setAsking] = useState(false);
  const cancel = useMutation<BulkOperationDto, PortalError>({
    mutationFn: () => cancelRuns(slug, { run_ids: open.map((run) => run.run_id) }),
    onSuccess: ({ id }) => {
      followOperation(id);
      setAsking(false);
      onDone();
    },
  });
  return (
    <Dialog open={asking} onOpenChange={setAsking}>
      <DialogTrigger asChild>
        <Button size="sm">Cancel selected</Button>
      </DialogTrigger>
      <DialogContent
        title={`Cancel ${formatPlural(open.length, "run")} in ${slug}`}
        description="They get no result and cannot be resumed. They still count as usage, because they were accepted."
      >
        <DialogBody>
          {ended > 0 ? (
            <p className="text-sm text-soft">
              {formatPlural(ended, "selected run")} ended already and will stay as they are.
            </p>
          ) : null}
          {cancel.error ? (
            <Callout tone="danger" live="alert">
              {cancel.error.message}
            </Callout>
          ) : null}
        </DialogBody>
        <DialogFooter>
          <DialogClose asChild>
            <Button size="lg">Let them run</Button>
          </DialogClose>
          <Button variant="danger" size="lg" pending={cancel.isPending} onClick={() => cancel.mutate()}>
            Cancel {formatPlural(open.length, "run")}
          </Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}
