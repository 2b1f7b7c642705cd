/** A span of time as people write it: an amount and its unit. Pure. */

const UNITS = {
  ms: { label: "milliseconds", ms: 1 },
  s: { label: "seconds", ms: 1_000 },
  min: { label: "minutes", ms: 60_000 },
  h: { label: "hours", ms: 3_600_000 },
} as const;

export type DurationUnit = keyof typeof UNITS;
export type Duration = { amount: string; unit: DurationUnit };

export const durationUnitLabel = (unit: DurationUnit): string => UNITS[unit].label;

/** In the largest of these units that gives a whole number, else in the first: 30 000 ms are `30` `s`. `units` go from small to large. */
export function durationOf(ms: number, units: readonly DurationUnit[]): Duration {
  const unit = units.findLast((one) => ms % UNITS[one].ms === 0) ?? units[0]!;
  return { amount: String(ms / UNITS[unit].ms), unit };
}

/** In whole milliseconds; NaN for what is no number. */
export function durationMs({ amount, unit }: Duration): number {
  const text = amount.trim();
  return /^\d+([.,]\d+)?$/.test(text) ? Math.round(Number(text.replace(",", ".")) * UNITS[unit].ms) : Number.NaN;
}
