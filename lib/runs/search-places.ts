/**
 * How many searches by value this process does at a time: each holds a connection of the pool while it lasts and asks for another, and what
 * answers everybody else needs connections too.
 */
import { env } from "../env.ts";
import { ApiError } from "../errors.ts";

/** Of one organization; the rest is for others. */
const MAX_OF_ORGANIZATION = 2;
const MAX_OF_PROCESS = Math.max(1, Math.floor(env.DATABASE_POOL_SIZE / 4));

// One set for the server's bundle and Next's.
const KEY = Symbol.for("nexio.search-places");
const slot = globalThis as { [KEY]?: Map<string, number> };
const taken = (slot[KEY] ??= new Map());

/** Does `work` where there is a place for it. Throws 429 `rate_limited` where there is none now. */
export async function withSearchPlace<T>(orgId: string, work: () => Promise<T>): Promise<T> {
  const all = [...taken.values()].reduce((sum, count) => sum + count, 0);
  const theirs = taken.get(orgId) ?? 0;
  if (all >= MAX_OF_PROCESS || theirs >= MAX_OF_ORGANIZATION) {
    throw new ApiError("rate_limited", "Other searches are under way", { retryAfterSeconds: 1 });
  }
  taken.set(orgId, theirs + 1);
  try {
    return await work();
  } finally {
    const left = taken.get(orgId)! - 1;
    if (left > 0) taken.set(orgId, left);
    else taken.delete(orgId);
  }
}
