/** When a new key dies: a few usual spans, or a day of one's own. */
import { DAY_MS } from "@/lib/time";

export const EXPIRY_OPTIONS = [
  { value: "never", label: "Never", days: null },
  { value: "7d", label: "In 7 days", days: 7 },
  { value: "30d", label: "In 30 days", days: 30 },
  { value: "90d", label: "In 90 days", days: 90 },
  { value: "365d", label: "In 1 year", days: 365 },
  { value: "custom", label: "On a day…", days: null },
] as const;

export type ExpiryChoice = (typeof EXPIRY_OPTIONS)[number]["value"];

/** The ISO time of a choice; undefined for never and for a day not typed yet. A day of one's own ends at its end in UTC. */
export function expiryTime(choice: ExpiryChoice, day: string, nowMs: number): string | undefined {
  if (choice === "custom") {
    const end = Date.parse(`${day}T23:59:59.000Z`);
    return Number.isNaN(end) ? undefined : new Date(end).toISOString();
  }
  const days = EXPIRY_OPTIONS.find((option) => option.value === choice)?.days;
  return days ? new Date(nowMs + days * DAY_MS).toISOString() : undefined;
}

/** What is wrong with a day of one's own, or undefined. */
export function expiryProblem(choice: ExpiryChoice, day: string, nowMs: number): string | undefined {
  if (choice !== "custom") return undefined;
  const at = expiryTime(choice, day, nowMs);
  if (at === undefined) return "Choose a day";
  return Date.parse(at) <= nowMs ? "This day has passed" : undefined;
}
