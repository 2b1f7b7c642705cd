/** The timeout of one run as its form has it. Pure. */
import { type Duration, durationMs, type DurationUnit } from "@/components/ui/duration";

export const TIMEOUT_UNITS: readonly DurationUnit[] = ["ms", "s", "min"];

const LEAST_MS = 100;
const MOST_MS = 600_000;

/** What is wrong with it, in words, or undefined. */
export function timeoutProblem(timeout: Duration): string | undefined {
  const ms = durationMs(timeout);
  if (Number.isNaN(ms)) return "Write a number";
  if (ms < LEAST_MS) return "The shortest timeout is 100 milliseconds";
  return ms > MOST_MS ? "The longest timeout is 10 minutes" : undefined;
}
