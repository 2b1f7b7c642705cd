/** Confirms what cannot be undone: says what dies and what stays, and asks for the name typed. */
"use client";

import { type ReactNode, useState } from "react";

import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { Dialog, DialogBody, DialogClose, DialogContent, DialogFooter } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";

type ConfirmDialogProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** What dies and what stays. */
  children: ReactNode;
  /** Must be typed before the button works. */
  confirmText: string;
  confirmLabel: string;
  /** The safe way out. */
  keepLabel?: string;
  pending: boolean;
  error?: string | undefined;
  onConfirm: () => void;
};

/** A destructive confirmation. It stays open while `pending` and when it fails. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  return (
    <Dialog open={props.open} onOpenChange={props.onOpenChange}>
      <DialogContent title={props.title}>
        <ConfirmForm {...props} />
      </DialogContent>
    </Dialog>
  );
}

function ConfirmForm({
  children,
  confirmText,
  confirmLabel,
  keepLabel = "Keep it",
  pending,
  error,
  onConfirm,
}: ConfirmDialogProps) {
  const [typed, setTyped] = useState("");
  const matches = typed.trim() === confirmText;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (matches && !pending) onConfirm();
      }}
    >
      <DialogBody>
        <div className="text-sm text-soft">{children}</div>
        <Field label={`Type ${confirmText} to confirm`}>
          {(control) => <Input {...control} value={typed} onChange={(event) => setTyped(event.target.value)} />}
        </Field>
        {error ? (
          <Callout tone="danger" live="alert">
            {error}
          </Callout>
        ) : null}
      </DialogBody>
      <DialogFooter>
        <DialogClose asChild>
          <Button size="lg">{keepLabel}</Button>
        </DialogClose>
        <Button
          type="submit"
          variant="danger"
          size="lg"
          pending={pending}
          disabledReason={matches ? undefined : `Type ${confirmText} first`}
        >
          {confirmLabel}
        </Button>
      </DialogFooter>
    </form>
  );
}
