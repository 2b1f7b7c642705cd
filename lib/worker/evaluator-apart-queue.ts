/**
 * Items that are set apart: each is evaluated alone in a child that no other organization's runs are in at the same time.
 *
 * An organization has few such children at a time, and of those all but one at most for runs that go on long (`alone`); the remaining one tells
 * its innocent from its guilty (`leash`, short). So one engine of an organization that loops for its whole timeout does not stop the others.
 * Versions that are suspect come after those that are not, so that many that loop do not stop them either. Pure bookkeeping;
 * the pool owns the children and the clock.
 */
import type { Entry } from "./evaluator-entry.ts";

/** Items of one environment and version that stopped on the leash while the long place is taken; from then on the rest only waits. */
const LEASH_KILLS = 3;

type Group = { environmentId: string; versionId: string; waiting: Entry[]; leashKills: number; lastTurn: number };
type Org = { groups: Map<string, Group>; long: number; short: number; lastTurn: number };

export type ApartOptions = { perOrg: number; long: number; isSuspect: (versionId: string) => boolean };

export type ApartQueue = {
  add(entry: Entry): void;
  /** The item whose turn it is, taken out and counted as running; undefined when none may start. */
  next(): Entry | undefined;
  /** Puts an item that `next` gave back in front, as if it had not been taken: there is no child for it yet. */
  putBack(entry: Entry): void;
  /** How many could start if there were children enough. */
  startable(): number;
  /** A running item stopped, however it ended. `kept`: it was killed on the leash, and comes again. */
  stopped(entry: Entry, kept: boolean): void;
  /** Takes out the items that have waited since before `time` and cannot start. */
  takeHeldUp(time: number): Entry[];
  blockedVersions(orgId: string, environmentId: string): string[];
  readonly length: number;
  drain(): Entry[];
};

/** `perOrg` children at most for one organization, `long` for long runs of all. */
export function createApartQueue({ perOrg, long: maxLong, isSuspect }: ApartOptions): ApartQueue {
  const orgs = new Map<string, Org>();
  const maxLongPerOrg = Math.max(1, perOrg - 1);
  let turn = 0;
  let length = 0;
  let longRunning = 0;

  const orgOf = (entry: Entry): Org => {
    let org = orgs.get(entry.item.orgId);
    if (!org) orgs.set(entry.item.orgId, (org = { groups: new Map(), long: 0, short: 0, lastTurn: 0 }));
    return org;
  };
  const groupOf = (org: Org, { item }: Entry): Group => {
    const key = `${item.environmentId} ${item.versionId}`;
    let group = org.groups.get(key);
    if (!group) {
      const { environmentId, versionId } = item;
      org.groups.set(key, (group = { environmentId, versionId, waiting: [], leashKills: 0, lastTurn: 0 }));
    }
    return group;
  };
  const isHeldUp = (org: Org, group: Group) => group.leashKills >= LEASH_KILLS && !longFree(org);
  const longFree = (org: Org) => org.long < maxLongPerOrg && longRunning < maxLong;
  /** Whether another short one may start: the last place is left to a long one while none has one. */
  const shortFree = (org: Org) => {
    const left = perOrg - org.long - org.short;
    const isLeftToLong = left === 1 && org.long === 0 && longFree(org);
    return left > 0 && !(isLeftToLong && [...org.groups.values()].some(({ waiting }) => waiting.some(isLong)));
  };
  /**
   * The first item of a group that may start now: a long one when its place is free, so that many short ones that will not end cannot
   * keep it from showing that the group is held up.
   */
  const startableOf = (org: Org, group: Group, mayBeShort: boolean): Entry | undefined => {
    if (org.long + org.short >= perOrg) return undefined;
    const long = longFree(org) ? group.waiting.find(isLong) : undefined;
    return long ?? (mayBeShort && !isHeldUp(org, group) ? group.waiting.find((entry) => !isLong(entry)) : undefined);
  };
  const leave = (org: Org, entry: Entry) => {
    if (isLong(entry)) {
      org.long -= 1;
      longRunning -= 1;
    } else org.short -= 1;
  };
  const forget = (orgId: string, org: Org) => {
    for (const [key, group] of org.groups) {
      if (group.waiting.length === 0 && group.leashKills === 0) org.groups.delete(key);
    }
    if (org.groups.size === 0 && org.long + org.short === 0) orgs.delete(orgId);
  };

  return {
    add(entry) {
      groupOf(orgOf(entry), entry).waiting.push(entry);
      length += 1;
    },
    next() {
      for (const org of [...orgs.values()].sort((a, b) => a.lastTurn - b.lastTurn)) {
        const mayBeShort = shortFree(org);
        for (const group of inTurn(org, isSuspect)) {
          const entry = startableOf(org, group, mayBeShort);
          if (!entry) continue;
          group.waiting.splice(group.waiting.indexOf(entry), 1);
          length -= 1;
          turn += 1;
          org.lastTurn = turn;
          group.lastTurn = turn;
          if (isLong(entry)) {
            org.long += 1;
            longRunning += 1;
          } else org.short += 1;
          return entry;
        }
      }
      return undefined;
    },
    putBack(entry) {
      const org = orgOf(entry);
      leave(org, entry);
      groupOf(org, entry).waiting.unshift(entry);
      length += 1;
    },
    startable() {
      let count = 0;
      for (const org of orgs.values()) {
        const mayBeShort = shortFree(org);
        const wanting = [...org.groups.values()].filter((group) => startableOf(org, group, mayBeShort));
        const items = wanting.reduce((sum, group) => sum + group.waiting.length, 0);
        count += Math.min(perOrg - org.long - org.short, items);
      }
      return count;
    },
    stopped(entry, kept) {
      const { orgId } = entry.item;
      const org = orgOf(entry);
      leave(org, entry);
      if (kept) groupOf(org, entry).leashKills += 1;
      // A long place is free: what was held up for it may be tried again.
      if (isLong(entry)) {
        for (const other of orgs.values()) for (const group of other.groups.values()) group.leashKills = 0;
      }
      forget(orgId, org);
    },
    takeHeldUp(time) {
      const taken: Entry[] = [];
      for (const [orgId, org] of orgs) {
        for (const group of org.groups.values()) {
          const heldUp = (entry: Entry) =>
            entry.waitingSince < time && (isLong(entry) ? !longFree(org) : isHeldUp(org, group));
          const held = group.waiting.filter(heldUp);
          if (held.length === 0) continue;
          group.waiting = group.waiting.filter((entry) => !heldUp(entry));
          taken.push(...held);
        }
        forget(orgId, org);
      }
      length -= taken.length;
      return taken;
    },
    blockedVersions(orgId, environmentId) {
      const org = orgs.get(orgId);
      if (!org) return [];
      return [...org.groups.values()]
        .filter((group) => group.environmentId === environmentId && isHeldUp(org, group))
        .map((group) => group.versionId);
    },
    get length() {
      return length;
    },
    drain() {
      const all = [...orgs.values()].flatMap((org) => [...org.groups.values()].flatMap((group) => group.waiting));
      for (const org of orgs.values()) for (const group of org.groups.values()) group.waiting = [];
      length = 0;
      return all;
    },
  };
}

const isLong = ({ step }: Entry) => step === "alone";

/**
 * An organization's groups: those of versions that are not suspect first; of these the environment that was served longest ago, and within it
 * the version that was.
 */
function inTurn(org: Org, isSuspect: ApartOptions["isSuspect"]): Group[] {
  const served = new Map<string, number>();
  for (const { environmentId, lastTurn } of org.groups.values()) {
    served.set(environmentId, Math.max(served.get(environmentId) ?? 0, lastTurn));
  }
  return [...org.groups.values()]
    .map((group) => ({ group, suspect: Number(isSuspect(group.versionId)), served: served.get(group.environmentId)! }))
    .sort((a, b) => a.suspect - b.suspect || a.served - b.served || a.group.lastTurn - b.group.lastTurn)
    .map(({ group }) => group);
}
