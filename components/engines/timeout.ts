/** A timeout as people write it: an amount and its unit. Pure. */

export type TimeoutUnit = "ms" | "s" | "min";

export const TIMEOUT_UNITS: readonly { value: TimeoutUnit; label: string; ms: number }[] = [
  { value: "ms", label: "milliseconds", ms: 1 },
  { value: "s", label: "seconds", ms: 1_000 },
  { value: "min", label: "minutes", ms: 60_000 },
];

const LEAST_MS = 100;
const MOST_MS = 600_000;
const msOf = (unit: TimeoutUnit): number => TIMEOUT_UNITS.find(({ value }) => value === unit)!.ms;

/** In the largest unit that gives a whole number: 30 000 ms are `30` `s`. */
export function timeoutOf(timeoutMs: number): { amount: string; unit: TimeoutUnit } {
  const { value, ms } = TIMEOUT_UNITS.findLast(({ ms }) => timeoutMs % ms === 0)!;
  return { amount: String(timeoutMs / ms), unit: value };
}

/** In whole milliseconds; NaN for what is no number. */
export function timeoutInMs(amount: string, unit: TimeoutUnit): number {
  const text = amount.trim();
  return /^\d+([.,]\d+)?$/.test(text) ? Math.round(Number(text.replace(",", ".")) * msOf(unit)) : Number.NaN;
}

/** What is wrong with it, in words, or undefined. */
export function timeoutProblem(amount: string, unit: TimeoutUnit): string | undefined {
  const ms = timeoutInMs(amount, unit);
  if (Number.isNaN(ms)) return "Write a number";
  if (ms < LEAST_MS) return "The shortest timeout is 100 milliseconds";
  return ms > MOST_MS ? "The longest timeout is 10 minutes" : undefined;
}
