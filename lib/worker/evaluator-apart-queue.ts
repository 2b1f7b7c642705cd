/**
 * Items that are set apart: each is evaluated alone in a child that no other organization's runs are in at the same time.
 *
 * An organization has few such children at a time, and of those all but one at most for runs that go on long (`alone`); the remaining one tells
 * its innocent from its guilty (`leash`, short). So one engine of an organization that loops for its whole timeout does not stop the others.
 * Organizations take turns, and within one the two kinds do; whose turn it is within a kind is evaluator-line.ts. Pure bookkeeping;
 * the pool owns the children and the clock.
 */
import type { Entry } from "./evaluator-entry.ts";
import { createLine, type Group, type Line } from "./evaluator-line.ts";

/** Items of one environment and version that stopped on the leash while the long place is taken; from then on the rest only waits. */
const LEASH_KILLS = 3;

type Place = "short" | "long";
type Version = Pick<Group, "environmentId" | "versionId">;
type Org = {
  lines: Record<Place, Line>;
  running: Record<Place, number>;
  lastPlace: Place;
  leashKills: Map<string, Version & { kills: number }>;
};

export type ApartOptions = { perOrg: number; long: number; isSuspect: (versionId: string) => boolean };

export type ApartQueue = {
  add(entry: Entry): void;
  /** The item whose turn it is; undefined when none may start. Changes nothing: it keeps its turn until there is a child for it. */
  first(): Entry | undefined;
  /** Takes out the item that `first` gave, and counts it as running. */
  start(entry: Entry): void;
  /** Takes out the item that `first` gave, which nobody wants any more. */
  drop(entry: Entry): void;
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
  // In the order of turns: who was served goes to the end.
  const orgs = new Map<string, Org>();
  const maxLongPerOrg = Math.max(1, perOrg - 1);
  let longRunning = 0;

  const orgOf = ({ item: { orgId } }: Entry): Org => {
    const org = orgs.get(orgId) ?? newOrg(isSuspect);
    orgs.set(orgId, org);
    return org;
  };
  const left = ({ running }: Org) => perOrg - running.short - running.long;
  const longFree = ({ running }: Org) => running.long < maxLongPerOrg && longRunning < maxLong;
  /** Whether another short one may start: the last place is left to a long one while none has one. */
  const shortFree = (org: Org) => {
    const isLeftToLong = left(org) === 1 && org.running.long === 0 && longFree(org);
    return left(org) > 0 && !(isLeftToLong && org.lines.long.length > 0);
  };
  const isHeldUp = (org: Org, version: Version) =>
    (org.leashKills.get(keyOf(version))?.kills ?? 0) >= LEASH_KILLS && !longFree(org);
  const firstOf = (org: Org, place: Place): Entry | undefined => {
    if (place === "long") return left(org) > 0 && longFree(org) ? org.lines.long.first(() => true) : undefined;
    return shortFree(org) ? org.lines.short.first((group) => !isHeldUp(org, group)) : undefined;
  };
  const startableOf = (org: Org): number => {
    const long = longFree(org) ? Math.min(maxLongPerOrg - org.running.long, org.lines.long.length) : 0;
    const short = shortFree(org) ? org.lines.short.count((group) => !isHeldUp(org, group)) : 0;
    return Math.min(left(org), long + short);
  };
  const forgetIdle = () => {
    for (const [orgId, { lines, running, leashKills }] of orgs) {
      if (lines.short.length + lines.long.length + running.short + running.long + leashKills.size === 0) {
        orgs.delete(orgId);
      }
    }
  };
  const lengthOf = () => [...orgs.values()].reduce((sum, { lines }) => sum + lines.short.length + lines.long.length, 0);

  return {
    add(entry) {
      orgOf(entry).lines[placeOf(entry)].add(entry);
    },
    first() {
      for (const org of orgs.values()) {
        const entry = firstOf(org, other(org.lastPlace)) ?? firstOf(org, org.lastPlace);
        if (entry) return entry;
      }
      return undefined;
    },
    start(entry) {
      const org = orgOf(entry);
      const place = placeOf(entry);
      org.lines[place].serve(entry);
      org.running[place] += 1;
      org.lastPlace = place;
      if (place === "long") longRunning += 1;
      orgs.delete(entry.item.orgId);
      orgs.set(entry.item.orgId, org);
    },
    drop(entry) {
      orgOf(entry).lines[placeOf(entry)].remove((waiting) => waiting === entry);
      forgetIdle();
    },
    startable: () => [...orgs.values()].reduce((sum, org) => sum + startableOf(org), 0),
    stopped(entry, kept) {
      const org = orgOf(entry);
      org.running[placeOf(entry)] -= 1;
      if (kept) countLeashKill(org, entry.item);
      if (placeOf(entry) === "long") {
        longRunning -= 1;
        // A long place is free: what was held up for it may be tried again.
        for (const { leashKills } of orgs.values()) leashKills.clear();
      }
      forgetIdle();
    },
    takeHeldUp(time) {
      const taken: Entry[] = [];
      for (const org of orgs.values()) {
        const waitsTooLong = ({ waitingSince }: Entry) => waitingSince < time;
        if (!longFree(org)) taken.push(...org.lines.long.remove(waitsTooLong));
        taken.push(...org.lines.short.remove((entry, group) => waitsTooLong(entry) && isHeldUp(org, group)));
      }
      if (taken.length > 0) forgetIdle();
      return taken;
    },
    blockedVersions(orgId, environmentId) {
      const org = orgs.get(orgId);
      if (!org) return [];
      return [...org.leashKills.values()]
        .filter((version) => version.environmentId === environmentId && isHeldUp(org, version))
        .map(({ versionId }) => versionId);
    },
    get length() {
      return lengthOf();
    },
    drain() {
      const all = [...orgs.values()].flatMap(({ lines }) =>
        [lines.short, lines.long].flatMap((line) => line.remove(() => true)),
      );
      forgetIdle();
      return all;
    },
  };
}

const placeOf = ({ step }: Entry): Place => (step === "alone" ? "long" : "short");
const other = (place: Place): Place => (place === "long" ? "short" : "long");
const keyOf = ({ environmentId, versionId }: Version) => `${environmentId} ${versionId}`;

function newOrg(isSuspect: ApartOptions["isSuspect"]): Org {
  return {
    lines: { short: createLine(isSuspect), long: createLine(isSuspect) },
    running: { short: 0, long: 0 },
    lastPlace: "long",
    leashKills: new Map(),
  };
}

function countLeashKill(org: Org, { environmentId, versionId }: Version): void {
  const version = { environmentId, versionId };
  const kills = (org.leashKills.get(keyOf(version))?.kills ?? 0) + 1;
  org.leashKills.set(keyOf(version), { ...version, kills });
}
