/** A span of time: an amount and, beside it, the unit. */
"use client";

import { type Duration, type DurationUnit, durationUnitLabel } from "@/components/ui/duration";
import { Field } from "@/components/ui/field";
import { Input, Select } from "@/components/ui/input";

type DurationFieldProps = {
  label: string;
  hint: string;
  /** Names the choice of the unit for assistive technology. */
  unitLabel: string;
  units: readonly DurationUnit[];
  value: Duration;
  onChange: (part: Partial<Duration>) => void;
  /** It is shown, and cannot be changed. */
  locked: boolean;
  error: string | undefined;
};

/** Controlled; what stands in it is text until somebody reads it with durationMs. */
export function DurationField({ label, hint, unitLabel, units, value, onChange, locked, error }: DurationFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <div className="flex gap-2">
          <Input
            {...control}
            inputMode="decimal"
            value={value.amount}
            readOnly={locked}
            className="w-28 font-mono"
            onChange={(event) => onChange({ amount: event.target.value })}
          />
          <Select
            aria-label={unitLabel}
            value={value.unit}
            disabled={locked}
            className="w-36"
            onChange={(event) => onChange({ unit: event.target.value as DurationUnit })}
          >
            {units.map((unit) => (
              <option key={unit} value={unit}>
                {durationUnitLabel(unit)}
              </option>
            ))}
          </Select>
        </div>
      )}
    </Field>
  );
}
