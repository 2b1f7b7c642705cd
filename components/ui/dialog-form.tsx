/** A form in a dialog: its fields, what the server refused, and the two buttons. */
"use client";

import type { ReactNode } from "react";

import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { DialogBody, DialogClose, DialogFooter } from "@/components/ui/dialog";

type DialogFormProps = {
  /** On the button that submits it. */
  action: string;
  /** Why it cannot be submitted yet. */
  disabledReason: string | undefined;
  pending: boolean;
  /** What was refused and belongs to no field. */
  refusal?: string | undefined;
  onSubmit: () => void;
  children: ReactNode;
};

/** Inside a DialogContent. Enter submits it as the button does: not while it is pending, and not while something is missing. */
export function DialogForm({ action, disabledReason, pending, refusal, onSubmit, children }: DialogFormProps) {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!disabledReason && !pending) onSubmit();
      }}
    >
      <DialogBody>
        {children}
        {refusal ? (
          <Callout tone="danger" live="alert">
            {refusal}
          </Callout>
        ) : null}
      </DialogBody>
      <DialogFooter>
        <DialogClose asChild>
          <Button size="lg">Cancel</Button>
        </DialogClose>
        <Button type="submit" variant="primary" size="lg" pending={pending} disabledReason={disabledReason}>
          {action}
        </Button>
      </DialogFooter>
    </form>
  );
}
