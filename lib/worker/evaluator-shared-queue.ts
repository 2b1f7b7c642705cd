/** Items that wait for the shared child: organizations take turns, and within one its versions do. */
import type { Entry } from "./evaluator-entry.ts";

export type SharedQueue = {
  add(entry: Entry): void;
  /** The next items, all of one version. `sizeOf` says how many of a version at most; together they stay below `maxChars` unless the first alone does not. */
  take(sizeOf: (versionId: string) => number, maxChars: number): Entry[];
  readonly length: number;
  /** Takes out everything. */
  drain(): Entry[];
};

export function createSharedQueue(): SharedQueue {
  // Both maps are in order of turns: who was served goes to the end.
  const orgs = new Map<string, Map<string, Entry[]>>();
  let length = 0;
  return {
    add(entry) {
      const { orgId, versionId } = entry.item;
      let versions = orgs.get(orgId);
      if (!versions) orgs.set(orgId, (versions = new Map()));
      const waiting = versions.get(versionId);
      if (waiting) waiting.push(entry);
      else versions.set(versionId, [entry]);
      length += 1;
    },
    take(sizeOf, maxChars) {
      const next = orgs.entries().next().value;
      if (!next) return [];
      const [orgId, versions] = next;
      const [versionId, waiting] = versions.entries().next().value!;
      const taken = waiting.splice(0, howMany(waiting, sizeOf(versionId), maxChars));
      length -= taken.length;
      versions.delete(versionId);
      if (waiting.length > 0) versions.set(versionId, waiting);
      orgs.delete(orgId);
      if (versions.size > 0) orgs.set(orgId, versions);
      return taken;
    },
    get length() {
      return length;
    },
    drain() {
      const all = [...orgs.values()].flatMap((versions) => [...versions.values()].flat());
      orgs.clear();
      length = 0;
      return all;
    },
  };
}

function howMany(waiting: readonly Entry[], most: number, maxChars: number): number {
  let chars = 0;
  let count = 0;
  while (count < waiting.length && count < most) {
    chars += waiting[count]!.item.payload.length;
    if (count > 0 && chars > maxChars) break;
    count += 1;
  }
  return count;
}
