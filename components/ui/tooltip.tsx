/** A short explanation beside what is hovered or focused. Never holds anything that can be clicked. */
"use client";

import { Tooltip as Primitive } from "radix-ui";
import type { ReactNode } from "react";

import { cn } from "@/components/ui/cn";

/** One provider at the root: after the first tooltip, neighbours open without a delay. */
export function TooltipProvider({ children }: { children: ReactNode }) {
  return (
    <Primitive.Provider delayDuration={350} skipDelayDuration={200}>
      {children}
    </Primitive.Provider>
  );
}

type TooltipProps = {
  content: ReactNode;
  children: ReactNode;
  side?: "top" | "right" | "bottom" | "left";
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
};

/** Wraps one focusable element. */
export function Tooltip({ content, children, side = "top", open, onOpenChange }: TooltipProps) {
  const control = open === undefined ? {} : { open };
  return (
    <Primitive.Root {...control} {...(onOpenChange ? { onOpenChange } : {})}>
      <Primitive.Trigger asChild>{children}</Primitive.Trigger>
      <TooltipPanel side={side}>{content}</TooltipPanel>
    </Primitive.Root>
  );
}

/** The panel alone, for a trigger that is set up by hand. */
export function TooltipPanel({
  children,
  side = "top",
  className,
}: {
  children: ReactNode;
  side?: "top" | "right" | "bottom" | "left";
  className?: string;
}) {
  return (
    <Primitive.Portal>
      <Primitive.Content
        side={side}
        sideOffset={6}
        collisionPadding={8}
        className={cn(
          "z-60 max-w-72 rounded-md bg-ink px-2 py-1.5 text-xs text-balance text-canvas shadow-float data-[state=delayed-open]:animate-fade-in",
          className,
        )}
      >
        {children}
      </Primitive.Content>
    </Primitive.Portal>
  );
}
