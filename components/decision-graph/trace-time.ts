/** The time that a node took, which is mostly less than a millisecond. */
import { formatDuration } from "@/components/ui/format-number";

const SPACE = "\u00a0";

/** Given in microseconds: `38 µs`, `1.4 ms`, `412 ms`, `1.2 s`. */
export function formatTraceTime(us: number): string {
  if (us < 999.5) return `${Math.round(us)}${SPACE}µs`;
  if (us < 9_950) return `${(us / 1_000).toFixed(1)}${SPACE}ms`;
  return formatDuration(us / 1_000);
}
