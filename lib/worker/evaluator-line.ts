/**
 * One organization's items that wait for the same kind of place apart, and whose turn it is among them.
 *
 * Versions that are suspect come after those that are not, in whatever environment: an engine that works does not wait for one that loops. Every
 * fourth turn asks nobody's reputation, so that one that has stalled once is tried again however many others there are. Each of the two kinds of
 * turns goes to the environment that has had none of its kind for longest, and within it to the version that was served longest ago; who is new
 * stands at the end. So whoever may start is served after a number of turns that who comes later does not change. Pure bookkeeping.
 */
import type { Entry } from "./evaluator-entry.ts";

/** Of so many turns one asks nobody's reputation. */
const BLIND_EVERY = 4;

type Kind = "trusting" | "blind";
type Environment = { groups: Map<string, Group>; lastTurn: Record<Kind, number> };
/** The items of one version in one environment; never empty. */
export type Group = { environmentId: string; versionId: string; waiting: Entry[]; lastTurn: number };

export type Line = {
  add(entry: Entry): void;
  /** The item whose turn it is, of the groups that `may` be served; undefined when there is none. Changes nothing. */
  first(may: (group: Group) => boolean): Entry | undefined;
  /** Takes an item out and counts the turn. */
  serve(entry: Entry): void;
  /** Takes out, without a turn, the items for which `isMeant` holds. */
  remove(isMeant: (entry: Entry, group: Group) => boolean): Entry[];
  /** How many items wait in groups that `may` be served. */
  count(may: (group: Group) => boolean): number;
  readonly length: number;
};

/** `isSuspect` is asked at each turn. */
export function createLine(isSuspect: (versionId: string) => boolean): Line {
  const environments = new Map<string, Environment>();
  let turns = 0;
  let length = 0;

  const groups = () => Array.from(environments.values()).flatMap((one) => Array.from(one.groups.values()));
  const kindOfTurn = (): Kind => (turns % BLIND_EVERY === BLIND_EVERY - 1 ? "blind" : "trusting");

  function groupOf({ item: { environmentId, versionId } }: Entry): Group {
    let environment = environments.get(environmentId);
    if (!environment) {
      environment = { groups: new Map(), lastTurn: { trusting: turns, blind: turns } };
      environments.set(environmentId, environment);
    }
    let group = environment.groups.get(versionId);
    if (!group) {
      group = { environmentId, versionId, waiting: [], lastTurn: turns };
      environment.groups.set(versionId, group);
    }
    return group;
  }

  function keep(group: Group, waiting: Entry[]): void {
    length += waiting.length - group.waiting.length;
    group.waiting = waiting;
    if (waiting.length > 0) return;
    const environment = environments.get(group.environmentId)!;
    environment.groups.delete(group.versionId);
    if (environment.groups.size === 0) environments.delete(group.environmentId);
  }

  return {
    add(entry) {
      groupOf(entry).waiting.push(entry);
      length += 1;
    },
    first(may) {
      const kind = kindOfTurn();
      const rank = (group: Group) => [
        kind === "trusting" && isSuspect(group.versionId) ? 1 : 0,
        environments.get(group.environmentId)!.lastTurn[kind],
        group.lastTurn,
      ];
      const ranked = groups()
        .filter(may)
        .map((group) => ({ group, rank: rank(group) }));
      if (ranked.length === 0) return undefined;
      return ranked.reduce((best, other) => (isBefore(other.rank, best.rank) ? other : best)).group.waiting[0];
    },
    serve(entry) {
      const group = groupOf(entry);
      const kind = kindOfTurn();
      turns += 1;
      group.lastTurn = turns;
      environments.get(group.environmentId)!.lastTurn[kind] = turns;
      keep(
        group,
        group.waiting.filter((other) => other !== entry),
      );
    },
    remove(isMeant) {
      const removed: Entry[] = [];
      for (const group of groups()) {
        const { meant = [], others = [] } = Object.groupBy(group.waiting, (entry) =>
          isMeant(entry, group) ? "meant" : "others",
        );
        removed.push(...meant);
        keep(group, others);
      }
      return removed;
    },
    count: (may) =>
      groups()
        .filter(may)
        .reduce((sum, group) => sum + group.waiting.length, 0),
    get length() {
      return length;
    },
  };
}

function isBefore(rank: readonly number[], other: readonly number[]): boolean {
  const differs = rank.findIndex((value, index) => value !== other[index]);
  return differs >= 0 && rank[differs]! < other[differs]!;
}
