/** Replaces a secret by a new one: asks when the old one ends. What shows the new one takes this dialog's place. */
"use client";

import { type ReactNode, useState } from "react";

import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { RadioCards } from "@/components/ui/checkbox";
import { Dialog, DialogBody, DialogClose, DialogContent, DialogFooter } from "@/components/ui/dialog";

type RotateDialogProps<End extends string> = {
  title: string;
  description: string;
  /** What ends: "The old key stops working". */
  label: string;
  ends: readonly { value: End; label: string; hint: string }[];
  /** Chosen at first. */
  initial: NoInfer<End>;
  /** Of the button: "Rotate key". */
  action: string;
  /** Below the choice. */
  note?: ReactNode;
  pending: boolean;
  error: Error | null;
  onRotate: (end: End) => void;
  onClose: () => void;
};

/** Open while it is mounted; mount it per secret, so that a second rotation starts afresh. */
export function RotateDialog<End extends string>({
  title,
  description,
  label,
  ends,
  initial,
  action,
  note,
  pending,
  error,
  onRotate,
  onClose,
}: RotateDialogProps<End>) {
  const [end, setEnd] = useState<End>(initial);
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent title={title} description={description}>
        <DialogBody>
          <RadioCards label={label} value={end} onChange={setEnd} options={ends} />
          {note ? <p className="text-xs text-muted">{note}</p> : null}
          {error ? (
            <Callout tone="danger" live="alert">
              {error.message}
            </Callout>
          ) : null}
        </DialogBody>
        <DialogFooter>
          <DialogClose asChild>
            <Button size="lg">Cancel</Button>
          </DialogClose>
          <Button variant="primary" size="lg" pending={pending} onClick={() => onRotate(end)}>
            {action}
          </Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}
