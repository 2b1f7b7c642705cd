/** How long to wait before trying again what failed because something was away. */

/**
 * Milliseconds before the next try after `failures` failures in a row: doubling from `firstMs` to `maxMs`, and half of it at
 * random, so that many processes do not come back in step.
 */
export function backoffMs(
  failures: number,
  {
    firstMs = 50,
    maxMs = 2_000,
    random = Math.random,
  }: { firstMs?: number; maxMs?: number; random?: () => number } = {},
): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return Math.round(ceiling * (0.5 + random() / 2));
}
