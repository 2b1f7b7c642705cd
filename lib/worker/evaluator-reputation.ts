/**
 * What the pool remembers of engine versions and organizations: which of them held others up, so that their runs are set apart,
 * and how long their runs take, so that what is sent at once is neither too much nor too little.
 *
 * Memory of this process only: after a restart everybody is new.
 */

/** How much time one message to the shared child should take. */
const CHUNK_TARGET_MS = 40;
const FIRST_CHUNK = 8;
const MAX_CHUNK = 200;
/** Bodies that one chunk should give, in characters. */
const CHUNK_BODIES = 2 * 1024 * 1024;
const MAX_REMEMBERED = 5_000;
const FIRST_PENALTY_MS = 10_000;
const MAX_PENALTY_MS = 600_000;
/** Stalls in the shared child after which all of an organization is set apart. */
const STALLS_FORGIVEN = 2;
/** A version that has never finished anything is set apart when its organization stalled this recently. */
const SUSPICION_MS = 60_000;

type VersionRecord = {
  costMs: number;
  bodyChars: number;
  proven: boolean;
  stalls: number;
  apartUntil: number;
  aloneMs: number;
};
type OrgRecord = { stalls: number; lastStall: number; apartUntil: number };

export type Reputation = {
  /** Whether runs of this version are to be evaluated apart from other organizations' runs. */
  isApart(orgId: string, versionId: string): boolean;
  /** How many runs of a version to send to the shared child at once. */
  chunkSize(versionId: string): number;
  /** How long one run may take in a set-apart child before it is taken for one that does not end. */
  leashMs(versionId: string): number;
  /** A chunk of so many runs in the shared child has ended. */
  finished(versionId: string, runs: number, used: { ms: number; bodyChars: number }): void;
  /** A run in a set-apart child has ended. */
  finishedApart(versionId: string, ms: number): void;
  /** A chunk stalled or killed the shared child. */
  stalled(orgId: string, versionId: string): void;
};

/** `now` in milliseconds, from any zero. */
export function createReputation(stallMs: number, now: () => number): Reputation {
  const versions = new Map<string, VersionRecord>();
  const orgs = new Map<string, OrgRecord>();
  const version = (id: string) =>
    remembered(versions, id, () => ({ costMs: 0, bodyChars: 0, proven: false, stalls: 0, apartUntil: 0, aloneMs: 0 }));
  const org = (id: string) => remembered(orgs, id, () => ({ stalls: 0, lastStall: -Infinity, apartUntil: 0 }));

  return {
    isApart(orgId, versionId) {
      const { apartUntil, aloneMs, proven } = version(versionId);
      const theirs = org(orgId);
      const time = now();
      if (apartUntil > time || theirs.apartUntil > time || aloneMs > stallMs / 2) return true;
      return !proven && theirs.lastStall + SUSPICION_MS > time;
    },
    chunkSize(versionId) {
      const { costMs, bodyChars } = version(versionId);
      if (costMs === 0) return FIRST_CHUNK;
      return Math.max(1, Math.floor(Math.min(MAX_CHUNK, CHUNK_TARGET_MS / costMs, CHUNK_BODIES / bodyChars)));
    },
    leashMs: (versionId) => Math.max(stallMs, 4 * version(versionId).aloneMs),
    finished(versionId, runs, { ms, bodyChars }) {
      const record = version(versionId);
      // The first measure counts whole.
      const weight = record.proven ? 0.3 : 1;
      record.proven = true;
      record.costMs += (ms / runs - record.costMs) * weight;
      record.bodyChars += (bodyChars / runs - record.bodyChars) * weight;
    },
    finishedApart(versionId, ms) {
      const record = version(versionId);
      record.aloneMs = record.aloneMs === 0 ? ms : (record.aloneMs + ms) / 2;
    },
    stalled(orgId, versionId) {
      const time = now();
      const record = version(versionId);
      record.stalls += 1;
      record.apartUntil = time + penalty(record.stalls);
      const theirs = org(orgId);
      theirs.stalls = time - theirs.lastStall > MAX_PENALTY_MS ? 1 : theirs.stalls + 1;
      theirs.lastStall = time;
      if (theirs.stalls > STALLS_FORGIVEN) theirs.apartUntil = time + penalty(theirs.stalls);
    },
  };
}

function penalty(stalls: number): number {
  return Math.min(MAX_PENALTY_MS, FIRST_PENALTY_MS * 2 ** (stalls - 1));
}

/** The record of an id, made when there is none; the longest unused ones are forgotten. */
function remembered<T>(map: Map<string, T>, id: string, make: () => T): T {
  const record = map.get(id) ?? make();
  map.delete(id);
  map.set(id, record);
  if (map.size > MAX_REMEMBERED) map.delete(map.keys().next().value!);
  return record;
}
