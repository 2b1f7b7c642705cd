/** Chooses the offering whose evaluation is shown. */
"use client";

import { ChevronLeft, ChevronRight } from "lucide-react";

import type { OfferingGroup } from "@/components/runs/trace-offerings";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/input";

type Props = { groups: readonly OfferingGroup[]; value: string | undefined; onChange: (id: string) => void };

/** A list in groups, and steps to its neighbours. */
export function TraceOfferingPicker({ groups, value, onChange }: Props) {
  const all = groups.flatMap(({ offerings }) => offerings);
  const at = all.findIndex(({ id }) => id === value);
  const step = (by: 1 | -1) => {
    const next = all[at + by];
    if (next) onChange(next.id);
  };
  return (
    <div className="flex items-center gap-1">
      <div className="min-w-0 flex-1 sm:max-w-md">
        <Select
          aria-label="Offering"
          value={value ?? ""}
          onChange={(event) => onChange(event.target.value)}
          className="h-8 truncate"
        >
          {at === -1 && value !== undefined ? <option value={value}>{value}</option> : null}
          {groups.map(({ label, offerings }) => (
            <optgroup key={label} label={label}>
              {offerings.map(({ id, label: text }) => (
                <option key={id} value={id}>
                  {text}
                </option>
              ))}
            </optgroup>
          ))}
        </Select>
      </div>
      <Button
        variant="ghost"
        size="icon"
        aria-label="Previous offering"
        disabledReason={at <= 0 ? "This is the first offering" : undefined}
        onClick={() => step(-1)}
      >
        <ChevronLeft aria-hidden />
      </Button>
      <Button
        variant="ghost"
        size="icon"
        aria-label="Next offering"
        disabledReason={at === -1 || at === all.length - 1 ? "This is the last offering" : undefined}
        onClick={() => step(1)}
      >
        <ChevronRight aria-hidden />
      </Button>
      <span className="font-mono text-xs whitespace-nowrap text-muted tabular-nums">
        {at + 1} of {all.length}
      </span>
    </div>
  );
}
