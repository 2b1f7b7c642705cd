/** One filter: a dashed button while it is not set, a solid one with its value and a way to clear it when it is. */
"use client";

import { ChevronDown, X } from "lucide-react";
import type { ComponentProps } from "react";

import { cn } from "@/components/ui/cn";

type ChipProps = Omit<ComponentProps<"button">, "value"> & { label: string; value: string | null };

/** The button that opens the filter; use it as the trigger of a menu or popover (asChild). */
export function FilterChip({ label, value, className, ...props }: ChipProps) {
  return (
    <button
      type="button"
      {...props}
      className={cn(
        "flex h-8 max-w-64 items-center gap-1.5 rounded-md border px-2.5 text-sm whitespace-nowrap transition-colors hover:bg-hover data-[state=open]:bg-hover",
        value === null ? "border-dashed border-line-strong text-soft" : "border-line-strong bg-sunken",
        className,
      )}
    >
      <span className={value === null ? "" : "text-muted"}>{label}</span>
      {value === null ? null : <span className="truncate font-medium">{value}</span>}
      <ChevronDown className="size-3.5 shrink-0 text-icon" aria-hidden />
    </button>
  );
}

/** Clears one filter; stands right of its chip. */
export function ClearChip({ label, onClear }: { label: string; onClear: () => void }) {
  return (
    <button
      type="button"
      aria-label={`Clear ${label.toLowerCase()} filter`}
      onClick={onClear}
      className="-ml-1.5 flex size-6 items-center justify-center rounded-sm text-icon transition-colors hover:bg-hover hover:text-ink"
    >
      <X className="size-3.5" aria-hidden />
    </button>
  );
}
