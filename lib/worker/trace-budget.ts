/**
 * How many runs are traced: tracing costs a run from a third to as much again as evaluating it, and its text is several times that of the run
 * itself, so that a worker writes traces at a rate, not with every run. Whoever sends little has all of it recorded; of a flood some of each
 * second are. A run without a recorded trace is traced when somebody asks for it (lib/runs/trace-service.ts).
 *
 * One organization has at most a quarter of the rate, so that its flood takes nobody else's traces.
 */

export type TraceBudget = {
  /** How many of so many runs of this version may be traced now. */
  grant(orgId: string, versionId: string, runs: number): number;
  /** A run was traced, in so many characters. */
  spent(orgId: string, versionId: string, chars: number): void;
};

const ORG_SHARE = 1 / 4;
/** What may be spent at once after a pause, in seconds' worth. */
const BURST_SECONDS = 30;
/** A trace's size before the version's first is known. */
const FIRST_GUESS_CHARS = 16 * 1024;
const MAX_REMEMBERED = 1_000;

type Bucket = { chars: number; at: number };

/** `now` in milliseconds, from any zero. Nothing is ever granted at a rate of 0. */
export function createTraceBudget(charsPerSecond: number, now: () => number): TraceBudget {
  const all: Bucket = { chars: charsPerSecond * BURST_SECONDS, at: now() };
  const orgs = new Map<string, Bucket>();
  const sizes = new Map<string, number>();

  function refill(bucket: Bucket, rate: number): Bucket {
    const time = now();
    bucket.chars = Math.min(rate * BURST_SECONDS, bucket.chars + ((time - bucket.at) / 1_000) * rate);
    bucket.at = time;
    return bucket;
  }

  function orgBucket(orgId: string): Bucket {
    const rate = charsPerSecond * ORG_SHARE;
    const bucket = refill(orgs.get(orgId) ?? { chars: rate * BURST_SECONDS, at: now() }, rate);
    remember(orgs, orgId, bucket);
    return bucket;
  }

  return {
    grant(orgId, versionId, runs) {
      const left = Math.min(refill(all, charsPerSecond).chars, orgBucket(orgId).chars);
      if (left <= 0) return 0;
      // What is left is given out whole: the last trace may overdraw, and is waited for.
      return Math.min(runs, Math.ceil(left / (sizes.get(versionId) ?? FIRST_GUESS_CHARS)));
    },
    spent(orgId, versionId, chars) {
      all.chars -= chars;
      orgBucket(orgId).chars -= chars;
      remember(sizes, versionId, Math.max(1, chars));
    },
  };
}

/** The longest unused are forgotten. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MAX_REMEMBERED) map.delete(map.keys().next().value!);
}
