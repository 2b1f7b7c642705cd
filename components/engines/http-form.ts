/** The draft of an `http` engine as a form has it, and back. Pure. */
import { configText } from "@/components/engines/config-text";
import { type Duration, durationMs, durationOf, type DurationUnit } from "@/components/ui/duration";
import {
  DEFAULT_CALLBACK_TIMEOUT_MS,
  MAX_CALLBACK_TIMEOUT_MS,
  MIN_CALLBACK_TIMEOUT_MS,
} from "@/lib/engines/callback-deadline";
import type { EngineConfig } from "@/lib/engines/schema";

export const DEADLINE_UNITS: readonly DurationUnit[] = ["s", "min", "h"];

export type HeaderLine = { key: number; name: string; value: string };
export type HttpForm = { url: string; deadline: Duration; headers: readonly HeaderLine[] };

let lastKey = 0;

/** A line of the list of headers, of which no other has the key. */
export const headerLine = (name = "", value = ""): HeaderLine => ({ key: ++lastKey, name, value });

// A text is an amount that somebody is still typing.
function deadlineOf(given: unknown): Duration {
  if (typeof given === "string") return { amount: given, unit: "min" };
  return durationOf(typeof given === "number" ? given : DEFAULT_CALLBACK_TIMEOUT_MS, DEADLINE_UNITS);
}

/** What a config says, as far as it says it. */
export function formOf({ url, headers, callback_timeout_ms: given }: EngineConfig): HttpForm {
  const lines = typeof headers === "object" && headers !== null ? Object.entries(headers) : [];
  return {
    url: typeof url === "string" ? url : "",
    deadline: deadlineOf(given),
    headers: lines.map(([name, value]) => headerLine(name, String(value))),
  };
}

/** What is wrong with the deadline, in words, or undefined. */
export function deadlineProblem(deadline: Duration): string | undefined {
  const ms = durationMs(deadline);
  if (Number.isNaN(ms)) return "The deadline needs a number";
  if (ms < MIN_CALLBACK_TIMEOUT_MS) return "The shortest deadline is one second";
  return ms > MAX_CALLBACK_TIMEOUT_MS ? "The longest deadline is 24 hours" : undefined;
}

/** Why a config cannot be saved yet, or undefined. */
export function httpConfigProblem(config: EngineConfig): string | undefined {
  const { url, deadline } = formOf(config);
  return url.trim() === "" ? "Write the URL of the service first" : deadlineProblem(deadline);
}

/** The config that the form says. Lines without a name and a value say nothing; a deadline that is no number stays the text that it is. */
export function configOf(form: HttpForm): EngineConfig {
  const headers = form.headers.filter(({ name, value }) => name.trim() !== "" || value !== "");
  const ms = durationMs(form.deadline);
  return {
    url: form.url.trim(),
    ...(ms === DEFAULT_CALLBACK_TIMEOUT_MS
      ? {}
      : { callback_timeout_ms: Number.isNaN(ms) ? form.deadline.amount : ms }),
    ...(headers.length > 0
      ? { headers: Object.fromEntries(headers.map(({ name, value }) => [name.trim(), value])) }
      : {}),
  };
}

/** The text of that config, as drafts have it. */
export const formText = (form: HttpForm): string => configText(configOf(form));
