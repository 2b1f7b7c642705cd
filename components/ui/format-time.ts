/** Times as people read them. Exact times are in UTC, as everything else that Nexio says about time. */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "@/lib/time";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (value: number) => value.toString().padStart(2, "0");

/** `21 Nov 2026, 10:38:12 UTC`; with `ms`, `10:38:12.034 UTC`. */
export function formatExact(iso: string, ms = false): string {
  const at = new Date(iso);
  const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
  const fraction = ms ? `.${at.getUTCMilliseconds().toString().padStart(3, "0")}` : "";
  return `${formatDay(iso)}, ${clock}${fraction} UTC`;
}

/** `21 Nov 2026`, the day in UTC. */
export function formatDay(iso: string): string {
  const at = new Date(iso);
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
}

const UNITS: readonly [limitMs: number, unitMs: number, name: string][] = [
  [HOUR_MS, MINUTE_MS, "min"],
  [DAY_MS, HOUR_MS, "h"],
  [30 * DAY_MS, DAY_MS, "d"],
];

/** `just now`, `12 s ago`, `2 min ago`, `3 h ago`, `5 d ago`, then the day; the future as `in 3 h`. `nowMs` is the reader's clock. */
export function formatRelative(iso: string, nowMs: number): string {
  const distance = nowMs - Date.parse(iso);
  const size = Math.abs(distance);
  if (size < 5 * SECOND_MS) return "just now";
  const say = (amount: number, name: string) =>
    distance > 0 ? `${amount}\u00a0${name} ago` : `in ${amount}\u00a0${name}`;
  if (size < MINUTE_MS) return say(Math.floor(size / SECOND_MS), "s");
  for (const [limitMs, unitMs, name] of UNITS) {
    if (size < limitMs) return say(Math.floor(size / unitMs), name);
  }
  return formatDay(iso);
}
