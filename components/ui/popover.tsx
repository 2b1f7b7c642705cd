/** A small floating form beside its button. */
"use client";

import { Popover as Primitive } from "radix-ui";
import type { ComponentProps } from "react";

import { cn } from "@/components/ui/cn";

export const Popover = Primitive.Root;
export const PopoverTrigger = Primitive.Trigger;
export const PopoverClose = Primitive.Close;

/** The panel; give it an aria-label. */
export function PopoverContent({ className, ...props }: ComponentProps<typeof Primitive.Content>) {
  return (
    <Primitive.Portal>
      <Primitive.Content
        align="start"
        sideOffset={4}
        collisionPadding={8}
        className={cn("floating z-50 w-64 rounded-lg p-3 outline-none data-[state=open]:animate-pop-in", className)}
        {...props}
      />
    </Primitive.Portal>
  );
}
