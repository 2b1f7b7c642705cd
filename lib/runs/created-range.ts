/** The "created" filter of runs as it stands in the URL: relative, so that a saved link goes on meaning "the last day", or two days. */
import { DAY_MS, HOUR_MS, isTellable } from "../time.ts";

/** Relative choices, by what the URL carries. */
export const CREATED_PRESETS = [
  { value: "1h", label: "last hour", ms: HOUR_MS },
  { value: "24h", label: "last 24 h", ms: DAY_MS },
  { value: "7d", label: "last 7 days", ms: 7 * DAY_MS },
  { value: "30d", label: "last 30 days", ms: 30 * DAY_MS },
] as const;

const DAYS = /^(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})$/;

export type CreatedRange = { createdAfter: string | undefined; createdBefore: string | undefined };

/** Whether the text is a range: a preset or `2026-11-01..2026-11-21` in order. */
export function isCreatedRange(text: string): boolean {
  if (CREATED_PRESETS.some((preset) => preset.value === text)) return true;
  const days = DAYS.exec(text);
  if (days === null) return false;
  const [from, to] = [Date.parse(days[1]!), Date.parse(days[2]!)];
  return from <= to && isTellable(from) && isTellable(to + DAY_MS);
}

/** The ISO times that a range means at `nowMs`; both days of a pair are included, in UTC. Anything else is no limit. */
export function createdRange(text: string | null, nowMs: number): CreatedRange {
  if (text === null || !isCreatedRange(text)) return { createdAfter: undefined, createdBefore: undefined };
  const preset = CREATED_PRESETS.find((candidate) => candidate.value === text);
  if (preset) return { createdAfter: new Date(nowMs - preset.ms).toISOString(), createdBefore: undefined };
  const [from, to] = text.split("..") as [string, string];
  return {
    createdAfter: new Date(Date.parse(from)).toISOString(),
    createdBefore: new Date(Date.parse(to) + DAY_MS).toISOString(),
  };
}

/** `last 24 h`, or `1 Nov – 21 Nov`-like text of the pair as it stands. */
export function createdLabel(text: string): string {
  return CREATED_PRESETS.find((preset) => preset.value === text)?.label ?? text.replace("..", " – ");
}
