/** Numbers and durations as people read them: thin spaces between groups, a space that does not break before units, no more digits than mean something. */

const THIN = "\u202f";
const SPACE = "\u00a0";

/** `41 203`, grouped by thin spaces; fractions are dropped. */
export function formatCount(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, THIN);
}

/** As it is, with thin spaces in its whole part from five digits on: `500 000`, `7.25`, `2026`. */
export function formatNumber(value: number): string {
  const [whole = "", fraction] = String(value).split(".");
  const grouped = /^-?\d{5,15}$/.test(whole) ? whole.replace(/\B(?=(\d{3})+(?!\d))/g, THIN) : whole;
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** A duration given in milliseconds: `412 ms`, `1.2 s`, `30.0 s`, `2 min 3 s`, `1 h 4 min`. */
export function formatDuration(ms: number): string {
  if (Math.round(ms) < 1_000) return `${Math.round(ms)}${SPACE}ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)}${SPACE}s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}${SPACE}min ${seconds % 60}${SPACE}s`;
  return `${Math.floor(seconds / 3_600)}${SPACE}h ${Math.floor((seconds % 3_600) / 60)}${SPACE}min`;
}

/** `1 run`, `3 runs`: a count with its noun. */
export function formatPlural(count: number, one: string, many: string = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
