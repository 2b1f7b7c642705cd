/**
 * Cuts a trace that is too large, of up to 8 Mi characters: every node keeps its name, its place and its time, and the values that do not fit are left out, the largest first.
 * In their place stands how large they were: `"omitted":{"input"?:chars,"output"?:chars,"traceData"?:chars}`.
 */
import type { JsonObject } from "./evaluate-json.ts";

/** What of a node may be left out, by its names in zen's traces. */
const VALUES = ["input", "output", "traceData"] as const;
/** Longer ones are not read: as objects they are some ten times as large, and a child has little memory. */
const MAX_READ_CHARS = 8 * 1024 * 1024;

/** What zen wrote about one evaluation, with values of at most `maxChars` together; undefined where it is too large even to be cut. */
export function cutTrace(text: string, maxChars: number): string | undefined {
  if (text.length > MAX_READ_CHARS) return undefined;
  const nodes = Object.entries(JSON.parse(text) as { [nodeId: string]: JsonObject });
  const values = nodes.flatMap(([id, node]) =>
    VALUES.map((field) => ({ id, field, text: JSON.stringify(node[field] ?? null) })),
  );
  const kept = new Set<string>();
  let chars = 0;
  for (const value of values.toSorted((a, b) => a.text.length - b.text.length)) {
    chars += value.text.length;
    if (chars > maxChars) break;
    kept.add(`${value.field} ${value.id}`);
  }
  const omitted = Map.groupBy(
    values.filter(({ id, field }) => !kept.has(`${field} ${id}`)),
    ({ id }) => id,
  );
  const cut = nodes.map(([id, node]) => {
    const left = (omitted.get(id) ?? []).map((value) => [value.field, value.text.length] as const);
    if (left.length === 0) return [id, node] as const;
    const rest = Object.entries(node).filter(([field]) => !left.some(([name]) => name === field));
    return [id, { ...Object.fromEntries(rest), omitted: Object.fromEntries(left) }] as const;
  });
  return JSON.stringify(Object.fromEntries(cut));
}
