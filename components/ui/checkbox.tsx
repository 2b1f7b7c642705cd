/** Checkboxes and radio buttons with their text; the whole line is the target. */
"use client";

import { Check } from "lucide-react";
import { Checkbox as CheckboxPrimitive, RadioGroup as RadioPrimitive } from "radix-ui";
import { type ReactNode, useId } from "react";

import { cn } from "@/components/ui/cn";

const boxStyles =
  "mt-0.5 flex size-4 shrink-0 items-center justify-center border border-control bg-canvas text-accent-ink data-[state=checked]:border-accent data-[state=checked]:bg-accent data-disabled:opacity-60";

/** One yes/no choice. */
export function Checkbox({
  checked,
  onChange,
  label,
  hint,
  disabled = false,
}: {
  checked: boolean;
  onChange: (checked: boolean) => void;
  label: ReactNode;
  hint?: ReactNode;
  disabled?: boolean;
}) {
  const id = useId();
  return (
    <div className="flex gap-2">
      <CheckboxPrimitive.Root
        id={id}
        checked={checked}
        disabled={disabled}
        onCheckedChange={(value) => onChange(value === true)}
        className={cn(boxStyles, "rounded-sm")}
        aria-describedby={hint ? `${id}-hint` : undefined}
      >
        <CheckboxPrimitive.Indicator>
          <Check className="size-3" strokeWidth={3} aria-hidden />
        </CheckboxPrimitive.Indicator>
      </CheckboxPrimitive.Root>
      <div className="min-w-0">
        <label htmlFor={id} className={cn("block text-sm", disabled && "text-muted")}>
          {label}
        </label>
        {hint ? (
          <p id={`${id}-hint`} className="text-xs text-muted">
            {hint}
          </p>
        ) : null}
      </div>
    </div>
  );
}

export type RadioOption<Value extends string> = { value: Value; label: string; hint?: string };

/** One choice of a few, each on a bordered line. */
export function RadioCards<Value extends string>({
  label,
  value,
  onChange,
  options,
  className,
}: {
  label: string;
  value: Value;
  onChange: (value: Value) => void;
  options: readonly RadioOption<Value>[];
  className?: string;
}) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1.5">
      <span id={id} className="text-sm font-medium">
        {label}
      </span>
      <RadioPrimitive.Root
        aria-labelledby={id}
        value={value}
        onValueChange={(next) => onChange(next as Value)}
        className={cn("grid gap-1.5", className)}
      >
        {options.map((option) => (
          <RadioCard key={option.value} option={option} />
        ))}
      </RadioPrimitive.Root>
    </div>
  );
}

function RadioCard({ option }: { option: RadioOption<string> }) {
  const id = useId();
  return (
    <label
      htmlFor={id}
      className="flex gap-2.5 rounded-md border border-line px-3 py-2 transition-colors hover:bg-hover has-data-[state=checked]:border-accent has-data-[state=checked]:bg-accent-tint"
    >
      <RadioPrimitive.Item
        id={id}
        value={option.value}
        aria-describedby={option.hint ? `${id}-hint` : undefined}
        className="mt-0.5 flex size-4 shrink-0 items-center justify-center rounded-full border border-control bg-canvas data-[state=checked]:border-accent data-[state=checked]:bg-accent"
      >
        <RadioPrimitive.Indicator className="size-1.5 rounded-full bg-accent-ink" />
      </RadioPrimitive.Item>
      <span className="min-w-0">
        <span className="block text-sm font-medium">{option.label}</span>
        {option.hint ? (
          <span id={`${id}-hint`} className="block text-xs text-muted">
            {option.hint}
          </span>
        ) : null}
      </span>
    </label>
  );
}
