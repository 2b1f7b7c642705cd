/** One of a few ways to look at the same thing, side by side. */
"use client";

import { RadioGroup as Primitive } from "radix-ui";

import { cn } from "@/components/ui/cn";

type SegmentedProps<Value extends string> = {
  /** Names the choice for assistive technology. */
  label: string;
  value: Value;
  onChange: (value: Value) => void;
  options: readonly { value: Value; label: string }[];
  className?: string;
};

/** A group of radio buttons; the arrow keys move through it. */
export function Segmented<Value extends string>({ label, value, onChange, options, className }: SegmentedProps<Value>) {
  return (
    <Primitive.Root
      aria-label={label}
      orientation="horizontal"
      value={value}
      onValueChange={(next) => onChange(next as Value)}
      className={cn("flex w-fit max-w-full gap-0.5 overflow-x-auto rounded-md border bg-sunken p-0.5", className)}
    >
      {options.map((option) => (
        <Primitive.Item
          key={option.value}
          value={option.value}
          className="h-6 rounded-sm px-2 text-xs font-medium whitespace-nowrap text-muted transition-colors -outline-offset-2 hover:text-ink data-[state=checked]:bg-canvas data-[state=checked]:text-ink data-[state=checked]:shadow-[0_0_0_1px_var(--color-line-strong)]"
        >
          {option.label}
        </Primitive.Item>
      ))}
    </Primitive.Root>
  );
}
