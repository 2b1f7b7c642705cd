/** Stops a run that has not ended. */
"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { useRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { Dialog, DialogBody, DialogClose, DialogContent, DialogFooter, DialogTrigger } from "@/components/ui/dialog";
import { toastSuccess } from "@/components/ui/toast";
import type { PortalError } from "@/lib/http/portal-client";
import { cancelRun, runQuery } from "@/lib/runs/query-options";
import type { RunDetailDto } from "@/lib/runs/schema";

/** The button with its question, for a run that has not ended. */
export function CancelRun({ run, size = "md" }: { run: RunDetailDto; size?: "sm" | "md" }) {
  const queryClient = useQueryClient();
  const refusal = useRefusal("runs:write");
  const [open, setOpen] = useState(false);
  const cancellation = useMutation<unknown, PortalError>({
    mutationFn: () => cancelRun(run),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: runQuery(run.run_id).queryKey });
      setOpen(false);
      toastSuccess("Run canceled");
    },
  });
  if (refusal) {
    return (
      <Button size={size} disabledReason={refusal}>
        Cancel run
      </Button>
    );
  }
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button size={size}>Cancel run</Button>
      </DialogTrigger>
      <DialogContent
        title="Cancel this run"
        description="It gets no result and cannot be resumed. It still counts as usage, because it was accepted."
      >
        <DialogBody>
          {cancellation.error ? (
            <Callout tone="danger" live="alert">
              {cancellation.error.message}
            </Callout>
          ) : null}
        </DialogBody>
        <DialogFooter>
          <DialogClose asChild>
            <Button size="lg">Let it run</Button>
          </DialogClose>
          <Button variant="danger" size="lg" pending={cancellation.isPending} onClick={() => cancellation.mutate()}>
            Cancel run
          </Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}
