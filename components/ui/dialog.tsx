/** A modal dialog: focus is held inside, escape and the backdrop close it unless the caller forbids it. */
"use client";

import { X } from "lucide-react";
import { Dialog as Primitive } from "radix-ui";
import type { ReactNode } from "react";

import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";

export const Dialog = Primitive.Root;
export const DialogTrigger = Primitive.Trigger;
export const DialogClose = Primitive.Close;

type DialogContentProps = {
  title: ReactNode;
  description?: ReactNode;
  children: ReactNode;
  className?: string;
  /** Only the dialog's own buttons close it: for what is shown once. */
  locked?: boolean;
};

/**
 * The panel with its title; children are normally a DialogBody and a DialogFooter. It stands inside its backdrop, so that a dialog taller
 * than the window scrolls there; the close button comes last, so that the focus starts at the first control of the body.
 */
export function DialogContent({ title, description, children, className, locked = false }: DialogContentProps) {
  const hold = locked ? (event: Event) => event.preventDefault() : undefined;
  return (
    <Primitive.Portal>
      <Primitive.Overlay className="fixed inset-0 z-40 flex items-start justify-center overflow-y-auto bg-scrim p-4 data-[state=open]:animate-fade-in sm:py-[10vh]">
        <Primitive.Content
          {...(hold ? { onEscapeKeyDown: hold, onInteractOutside: hold } : {})}
          {...(description ? {} : { "aria-describedby": undefined })}
          className={cn(
            "floating relative flex w-full max-w-sm flex-col rounded-lg outline-none data-[state=open]:animate-pop-in",
            className,
          )}
        >
          <header className="px-5 pt-4 pr-12 pb-1">
            <Primitive.Title className="text-lg font-semibold tracking-tight break-words">{title}</Primitive.Title>
            {description ? (
              <Primitive.Description className="mt-1 text-sm text-muted">{description}</Primitive.Description>
            ) : null}
          </header>
          {children}
          {locked ? null : (
            <Primitive.Close asChild>
              <Button variant="ghost" size="iconSm" aria-label="Close" className="absolute top-3.5 right-3.5">
                <X aria-hidden />
              </Button>
            </Primitive.Close>
          )}
        </Primitive.Content>
      </Primitive.Overlay>
    </Primitive.Portal>
  );
}

/** The scrolling middle of a dialog. */
export function DialogBody({ children, className }: { children: ReactNode; className?: string }) {
  return <div className={cn("flex flex-col gap-4 px-5 py-3", className)}>{children}</div>;
}

/** The buttons, the safe one first and the deciding one last. */
export function DialogFooter({ children }: { children: ReactNode }) {
  return (
    <footer className="mt-1 flex flex-wrap items-center justify-end gap-2 rounded-b-lg border-t bg-sunken px-5 py-3">
      {children}
    </footer>
  );
}
