/** The draft of an `http` engine as a form has it, and back. Pure. */
import {
  DEFAULT_CALLBACK_TIMEOUT_MS,
  MAX_CALLBACK_TIMEOUT_MS,
  MIN_CALLBACK_TIMEOUT_MS,
} from "@/lib/engines/callback-deadline";
import type { EngineConfig } from "@/lib/engines/schema";

export type DeadlineUnit = "s" | "min" | "h";

export const DEADLINE_UNITS: readonly { value: DeadlineUnit; label: string; ms: number }[] = [
  { value: "s", label: "seconds", ms: 1_000 },
  { value: "min", label: "minutes", ms: 60_000 },
  { value: "h", label: "hours", ms: 3_600_000 },
];

export type HeaderLine = { key: number; name: string; value: string };
export type HttpForm = { url: string; amount: string; unit: DeadlineUnit; headers: readonly HeaderLine[] };

const unitOf = (unit: DeadlineUnit) => DEADLINE_UNITS.find(({ value }) => value === unit)!;

let lastKey = 0;

/** A line of the list of headers, of which no other has the key. */
export const headerLine = (name = "", value = ""): HeaderLine => ({ key: ++lastKey, name, value });

/** What a stored draft says, as far as it says it. */
export function formOf(config: EngineConfig | null): HttpForm {
  const { url, headers, callback_timeout_ms: given } = config ?? {};
  const ms = typeof given === "number" ? given : DEFAULT_CALLBACK_TIMEOUT_MS;
  const { value: unit, ms: unitMs } = DEADLINE_UNITS.findLast((one) => ms % one.ms === 0) ?? DEADLINE_UNITS[0]!;
  const lines = typeof headers === "object" && headers !== null ? Object.entries(headers) : [];
  return {
    url: typeof url === "string" ? url : "",
    amount: String(ms / unitMs),
    unit,
    headers: lines.map(([name, value]) => headerLine(name, String(value))),
  };
}

/** In milliseconds; NaN for what is no number. */
export function deadlineMs({ amount, unit }: Pick<HttpForm, "amount" | "unit">): number {
  const text = amount.trim();
  return /^\d+([.,]\d+)?$/.test(text) ? Math.round(Number(text.replace(",", ".")) * unitOf(unit).ms) : Number.NaN;
}

/** What is wrong with the deadline, in words, or undefined. */
export function deadlineProblem(form: Pick<HttpForm, "amount" | "unit">): string | undefined {
  const ms = deadlineMs(form);
  if (Number.isNaN(ms)) return "Write a number";
  if (ms < MIN_CALLBACK_TIMEOUT_MS) return "The shortest deadline is one second";
  return ms > MAX_CALLBACK_TIMEOUT_MS ? "The longest deadline is 24 hours" : undefined;
}

/** The config that the form says. Lines without a name and a value say nothing. */
export function configOf(form: HttpForm): EngineConfig {
  const headers = form.headers.filter(({ name, value }) => name.trim() !== "" || value !== "");
  const ms = deadlineMs(form);
  return {
    url: form.url.trim(),
    ...(ms === DEFAULT_CALLBACK_TIMEOUT_MS || Number.isNaN(ms) ? {} : { callback_timeout_ms: ms }),
    ...(headers.length > 0
      ? { headers: Object.fromEntries(headers.map(({ name, value }) => [name.trim(), value])) }
      : {}),
  };
}
