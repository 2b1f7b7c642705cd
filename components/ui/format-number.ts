/** Numbers and durations as people read them: thin spaces between groups and before units, no more digits than mean something. */

const THIN = "\u202f";

/** `41 203`, grouped by thin spaces; fractions are dropped. */
export function formatCount(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, THIN);
}

/** A duration given in milliseconds: `412 ms`, `1.2 s`, `30.0 s`, `2 min 3 s`, `1 h 4 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}${THIN}ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)}${THIN}s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}${THIN}min ${seconds % 60}${THIN}s`;
  return `${Math.floor(seconds / 3_600)}${THIN}h ${Math.floor((seconds % 3_600) / 60)}${THIN}min`;
}

/** `1 run`, `3 runs`: a count with its noun. */
export function formatPlural(count: number, one: string, many: string = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
