/**
 * What the pool remembers of engine versions and organizations: which of them held others up, so that their runs are set apart,
 * and how long their runs take, so that what is sent at once is neither too much nor too little.
 *
 * An organization answers for its versions only as far as they are strangers: what one version does is not laid to another that has proven itself,
 * until too many that had proven themselves stall as well.
 *
 * Memory of this process only: after a restart everybody is new.
 */
import type { Used } from "./evaluator-lane.ts";

/** How much time one message to the shared child should take. */
const CHUNK_TARGET_MS = 40;
const FIRST_CHUNK = 8;
const MAX_CHUNK = 200;
/** Bodies that one chunk should give, in characters. */
const CHUNK_BODIES = 2 * 1024 * 1024;
const MAX_REMEMBERED = 5_000;
const FIRST_PENALTY_MS = 10_000;
const MAX_PENALTY_MS = 600_000;
/** Stalls in the shared child after which strangers of an organization are set apart for longer; and proven versions that stalled, after which all of it is. */
const STALLS_FORGIVEN = 2;
/** A version that has not proven itself is set apart when its organization stalled this recently. */
const SUSPICION_MS = 60_000;

type VersionRecord = {
  costMs: number;
  bodyChars: number;
  /** It has finished a run in good time, and has not stalled since. */
  proven: boolean;
  /** The last that was seen of it was that it did not end. */
  suspect: boolean;
  stalls: number;
  apartUntil: number;
  aloneMs: number;
};
/** `provenStalls` counts versions, not stalls: one that stalls again and again is set apart by itself. */
type OrgRecord = {
  stalls: number;
  provenStalls: number;
  lastStall: number;
  strangersApartUntil: number;
  allApartUntil: number;
};

export type Reputation = {
  /** Whether runs of this version are to be evaluated apart from other organizations' runs. */
  isApart(orgId: string, versionId: string): boolean;
  /** How many runs of a version to send to the shared child at once. */
  chunkSize(versionId: string): number;
  /** How long one run may take in a set-apart child before it is taken for one that does not end. */
  leashMs(versionId: string): number;
  /** A chunk of so many runs in the shared child has ended. One in which memory ran out says nothing: that befalls whoever asks next. */
  finished(versionId: string, runs: number, used: Used): void;
  /** A run in a set-apart child has ended; likewise. */
  finishedApart(versionId: string, used: Used): void;
  /** Whether the last that was seen of a version was that it stalled or ended a child: it is tried after those of which that is not so. */
  isSuspect(versionId: string): boolean;
  /** A run did not end on the leash, ended its set-apart child, or is to blame that its memory ran out. */
  failedApart(versionId: string): void;
  /** A chunk stalled or killed the shared child. */
  stalled(orgId: string, versionId: string): void;
};

/** `now` in milliseconds, from any zero. */
export function createReputation(stallMs: number, now: () => number): Reputation {
  const versions = new Map<string, VersionRecord>();
  const orgs = new Map<string, OrgRecord>();
  const version = (id: string) => remembered(versions, id, newVersion);
  const org = (id: string) => remembered(orgs, id, newOrg);

  return {
    isApart(orgId, versionId) {
      const { apartUntil, aloneMs, proven } = version(versionId);
      const theirs = org(orgId);
      const time = now();
      if (apartUntil > time || theirs.allApartUntil > time || aloneMs > stallMs / 2) return true;
      return !proven && Math.max(theirs.strangersApartUntil, theirs.lastStall + SUSPICION_MS) > time;
    },
    chunkSize(versionId) {
      const { costMs, bodyChars } = version(versionId);
      if (costMs === 0) return FIRST_CHUNK;
      return Math.max(1, Math.floor(Math.min(MAX_CHUNK, CHUNK_TARGET_MS / costMs, CHUNK_BODIES / bodyChars)));
    },
    leashMs: (versionId) => Math.max(stallMs, 4 * version(versionId).aloneMs),
    finished(versionId, runs, { ms, bodyChars, ranOutOfMemory }) {
      if (ranOutOfMemory) return;
      const record = version(versionId);
      // The first measure counts whole.
      const weight = record.costMs === 0 ? 1 : 0.3;
      record.proven = true;
      record.suspect = false;
      record.costMs += (ms / runs - record.costMs) * weight;
      record.bodyChars += (bodyChars / runs - record.bodyChars) * weight;
    },
    finishedApart(versionId, { ms, ranOutOfMemory }) {
      if (ranOutOfMemory) return;
      const record = version(versionId);
      record.aloneMs = record.aloneMs === 0 ? ms : (record.aloneMs + ms) / 2;
      record.suspect = false;
      if (ms <= stallMs / 2) record.proven = true;
    },
    isSuspect: (versionId) => version(versionId).suspect,
    failedApart(versionId) {
      version(versionId).suspect = true;
    },
    stalled(orgId, versionId) {
      const time = now();
      const record = version(versionId);
      const theirs = org(orgId);
      if (time - theirs.lastStall > MAX_PENALTY_MS) Object.assign(theirs, newOrg());
      theirs.stalls += 1;
      if (record.proven && record.stalls === 0) theirs.provenStalls += 1;
      theirs.lastStall = time;
      if (theirs.stalls > STALLS_FORGIVEN) theirs.strangersApartUntil = time + penalty(theirs.stalls);
      if (theirs.provenStalls > STALLS_FORGIVEN) theirs.allApartUntil = time + penalty(theirs.stalls);
      record.stalls += 1;
      record.apartUntil = time + penalty(record.stalls);
      record.proven = false;
      record.suspect = true;
    },
  };
}

function newVersion(): VersionRecord {
  return { costMs: 0, bodyChars: 0, proven: false, suspect: false, stalls: 0, apartUntil: 0, aloneMs: 0 };
}

function newOrg(): OrgRecord {
  return { stalls: 0, provenStalls: 0, lastStall: -Infinity, strangersApartUntil: 0, allApartUntil: 0 };
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
