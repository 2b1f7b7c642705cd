/** A modal panel from an edge of the window: navigation on narrow screens, filters on phones. */
"use client";

import { X } from "lucide-react";
import { Dialog as Primitive } from "radix-ui";
import type { ReactNode } from "react";

import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";

export const Sheet = Primitive.Root;
export const SheetTrigger = Primitive.Trigger;

const EDGE = {
  left: "inset-y-0 left-0 w-68 border-y-0 border-l-0 data-[state=open]:animate-slide-right",
  right: "inset-y-0 right-0 w-100 max-w-full border-y-0 border-r-0 data-[state=open]:animate-slide-left",
  bottom: "inset-x-0 bottom-0 max-h-[85dvh] rounded-t-lg border-x-0 border-b-0 data-[state=open]:animate-slide-up",
} as const;

/** The panel; `title` names it for assistive technology and is shown unless `bare`. */
export function SheetContent({
  edge,
  title,
  bare = false,
  children,
}: {
  edge: keyof typeof EDGE;
  title: string;
  bare?: boolean;
  children: ReactNode;
}) {
  return (
    <Primitive.Portal>
      <Primitive.Overlay className="fixed inset-0 z-40 bg-scrim data-[state=open]:animate-fade-in" />
      <Primitive.Content
        aria-describedby={undefined}
        className={cn("floating fixed z-50 flex flex-col overflow-y-auto outline-none", EDGE[edge])}
      >
        <header className={cn("flex items-center justify-between px-4 pt-3 pb-2", bare && "sr-only")}>
          <Primitive.Title className="text-base font-semibold">{title}</Primitive.Title>
          <Primitive.Close asChild>
            <Button variant="ghost" size="iconSm" aria-label="Close" className="-mr-2">
              <X aria-hidden />
            </Button>
          </Primitive.Close>
        </header>
        {children}
      </Primitive.Content>
    </Primitive.Portal>
  );
}
