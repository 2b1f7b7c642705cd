/** A secret in the one moment in which it can be seen: copy it, say that it is stored. */
"use client";

import type { ReactNode } from "react";

import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { CopyButton } from "@/components/ui/copy-button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@/components/ui/dialog";

type ShownOnceProps = {
  secret: string;
  /** What it is: `key` makes "Copy key". */
  noun: string;
  warning: string;
  onStored: () => void;
  /** Below it: what it is good for, how to try it. */
  children?: ReactNode;
};

/** The body of a locked dialog. */
export function ShownOnce({ secret, noun, warning, onStored, children }: ShownOnceProps) {
  return (
    <>
      <DialogBody>
        <Callout tone="warning">{warning}</Callout>
        <div className="flex items-start gap-2 rounded-md border border-control bg-sunken p-3">
          <code data-shown-once className="min-w-0 flex-1 font-mono text-sm break-all select-all">
            {secret}
          </code>
          <CopyButton text={secret} label={`Copy ${noun}`} showLabel variant="secondary" />
        </div>
        {children}
      </DialogBody>
      <DialogFooter>
        <Button variant="primary" size="lg" onClick={onStored}>
          I have stored it
        </Button>
      </DialogFooter>
    </>
  );
}

/** A dialog that nothing closes but the person's word that it is stored. */
export function StoreDialog({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Dialog open>
      <DialogContent title={title} locked className="max-w-md">
        {children}
      </DialogContent>
    </Dialog>
  );
}
