/** Text inputs and native selects: 32 px in pages, 36 px in dialogs, an outline of at least 3:1. */
import { ChevronsUpDown } from "lucide-react";
import type { ComponentProps } from "react";

import { cn } from "@/components/ui/cn";

const controlStyles =
  "w-full rounded-md border border-control bg-canvas px-2.5 text-sm text-ink transition-colors focus-visible:outline-offset-0 aria-invalid:border-danger-solid disabled:border-line disabled:bg-sunken disabled:text-muted";

/** A one-line text input. */
export function Input({ className, ...props }: ComponentProps<"input">) {
  return (
    <input
      autoComplete="off"
      spellCheck={false}
      className={cn(controlStyles, "h-9 max-sm:text-lg", className)}
      {...props}
    />
  );
}

/** A text input of several lines; it grows with its text. */
export function TextArea({ className, ...props }: ComponentProps<"textarea">) {
  return (
    <textarea
      spellCheck
      className={cn(controlStyles, "field-sizing-content max-h-80 min-h-9 resize-y py-1.5 max-sm:text-lg", className)}
      {...props}
    />
  );
}

/** A native select: the platform's own list is the most usable one on every device. */
export function Select({ className, children, ...props }: ComponentProps<"select">) {
  return (
    <span className="relative block">
      <select className={cn(controlStyles, "h-9 appearance-none pr-8 max-sm:text-lg", className)} {...props}>
        {children}
      </select>
      <ChevronsUpDown
        className="pointer-events-none absolute top-1/2 right-2.5 size-3.5 -translate-y-1/2 text-icon"
        aria-hidden
      />
    </span>
  );
}
