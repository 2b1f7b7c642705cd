/**
 * Room for work on configs. One may have a megabyte as JSON, and takes many times that while it is parsed, checked and compared, so that only so many
 * bytes of them are worked on at once: of large ones one piece of work an organization, and a few in all.
 */
import type { OrgScope } from "../auth/principal.ts";
import { type ByteBudget, processBudget } from "../byte-budget.ts";

const MAX_BYTES = 3 << 20;
/** Of one organization, so that its large configs keep nobody else's waiting. Work on several configs that is larger counts as this. */
const MAX_BYTES_OF_ONE = 1 << 20;
/** So much is worked on without being counted: nobody waits with a small config behind large ones. */
const SMALL = 16 << 10;

/** The bytes of configs that this process works on for its callers. */
export function configBudget(): ByteBudget {
  return processBudget("configs", MAX_BYTES, MAX_BYTES_OF_ONE);
}

/**
 * Does work on configs of which `measure` tells the bytes as JSON before any is loaded. Waits its turn, and throws 503 `overloaded` where that takes
 * too long, too many of the organization wait, or `gone` is aborted. Not to be called in a transaction: who waits would hold its connection.
 */
export async function withConfigRoom<Result>(
  scope: OrgScope,
  measure: () => number | Promise<number>,
  work: () => Promise<Result>,
  gone?: AbortSignal,
): Promise<Result> {
  let bytes = await measure();
  if (bytes <= SMALL) return work();
  for (;;) {
    const release = await configBudget().take(scope.orgId, Math.min(bytes, MAX_BYTES_OF_ONE), gone);
    try {
      // While this waited, a draft may have been replaced by a larger one.
      const bytesNow = await measure();
      if (bytesNow <= bytes) return await work();
      bytes = bytesNow;
    } finally {
      release();
    }
  }
}

/** The bytes of a config that a caller has sent. */
export function bytesOfConfig(config: unknown): number {
  return Buffer.byteLength(JSON.stringify(config));
}
