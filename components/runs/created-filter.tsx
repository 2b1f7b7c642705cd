/** When a row was made: a time back from now, or two days. */
"use client";

import { useState } from "react";

import { ClearChip, FilterChip } from "@/components/runs/filter-chip";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import {
  Menu,
  MenuContent,
  MenuItem,
  MenuRadioGroup,
  MenuRadioItem,
  MenuSeparator,
  MenuTrigger,
} from "@/components/ui/menu";
import { Popover, PopoverContent, PopoverTrigger } from "@/components/ui/popover";
import { CREATED_PRESETS, createdLabel } from "@/lib/runs/created-range";

type CreatedFilterProps = { created: string | null; onChange: (created: string | null) => void };

/** `created` is null where it is not set. */
export function CreatedFilter({ created, onChange }: CreatedFilterProps) {
  const [choosingDays, setChoosingDays] = useState(false);
  return (
    <div className="relative flex items-center gap-1">
      <Menu modal={false}>
        <MenuTrigger asChild>
          <FilterChip label="Created" value={created ? createdLabel(created) : null} />
        </MenuTrigger>
        <MenuContent align="start">
          <MenuRadioGroup value={created ?? ""} onValueChange={onChange}>
            {CREATED_PRESETS.map((preset) => (
              <MenuRadioItem key={preset.value} value={preset.value} className="first-letter:uppercase">
                {preset.label}
              </MenuRadioItem>
            ))}
          </MenuRadioGroup>
          <MenuSeparator />
          <MenuItem onSelect={() => setChoosingDays(true)}>Between two days…</MenuItem>
        </MenuContent>
      </Menu>
      <Popover open={choosingDays} onOpenChange={setChoosingDays}>
        <PopoverTrigger asChild>
          <span className="absolute bottom-0 left-0" aria-hidden />
        </PopoverTrigger>
        <PopoverContent aria-label="Between two days">
          <DaysForm
            onApply={(days) => {
              onChange(days);
              setChoosingDays(false);
            }}
          />
        </PopoverContent>
      </Popover>
      {created ? <ClearChip label="Created" onClear={() => onChange(null)} /> : null}
    </div>
  );
}

function DaysForm({ onApply }: { onApply: (created: string) => void }) {
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const reason = from && to ? (from > to ? "The first day is after the last" : undefined) : "Choose both days";
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (!reason) onApply(`${from}..${to}`);
      }}
    >
      <Field label="From">
        {(control) => <Input {...control} type="date" value={from} onChange={(event) => setFrom(event.target.value)} />}
      </Field>
      <Field label="To" hint="Both days included, in UTC">
        {(control) => <Input {...control} type="date" value={to} onChange={(event) => setTo(event.target.value)} />}
      </Field>
      <Button type="submit" variant="primary" disabledReason={reason}>
        Apply
      </Button>
    </form>
  );
}
