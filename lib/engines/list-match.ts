/** Which entries of two lists are the same thing, before and after a change. Pure; takes `n log n` for lists of n. */

/** An entry on both sides, or on one. `isMoved`: it changed places with others that stayed. */
export type Match<T> =
  | { before: Placed<T>; after: Placed<T>; isMoved: boolean }
  | { before: Placed<T>; after?: undefined }
  | { before?: undefined; after: Placed<T> };

export type Placed<T> = { index: number; value: T };

/**
 * Matches by id where every entry of both lists has one of its own; else by content, and what remains between two matches in order. Given back in
 * the order of `after`, each entry that is gone behind the one that it followed.
 */
export function matchLists<T>(
  before: readonly T[],
  after: readonly T[],
  read: { id: (value: T) => string | undefined; content: (value: T) => Content },
): Match<T>[] {
  const oldIds = uniqueIds(before, read.id);
  const newIds = uniqueIds(after, read.id);
  const pairs =
    oldIds && newIds ? pairsById(oldIds, newIds) : pairsByContent(before.map(read.content), after.map(read.content));
  const moved = movedOnes(pairs);
  return inOrder(before, after, pairs).map(([from, to]): Match<T> => {
    const old = from === undefined ? undefined : { index: from, value: before[from]! };
    const now = to === undefined ? undefined : { index: to, value: after[to]! };
    if (old && now) return { before: old, after: now, isMoved: moved.has(to!) };
    return old ? { before: old } : { after: now! };
  });
}

/** Index by id; undefined where an entry has none or shares it. */
function uniqueIds<T>(list: readonly T[], id: (value: T) => string | undefined): Map<string, number> | undefined {
  const ids = new Map<string, number>();
  for (const [index, value] of list.entries()) {
    const one = id(value);
    if (one === undefined || ids.has(one)) return undefined;
    ids.set(one, index);
  }
  return ids;
}

/** Index before by index after. */
type Pairs = Map<number, number>;

function pairsById(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Pairs {
  return new Map([...after].flatMap(([id, to]) => (before.has(id) ? [[to, before.get(id)!] as const] : [])));
}

type Content = string | number;

function pairsByContent(before: readonly Content[], after: readonly Content[]): Pairs {
  const places = Map.groupBy(before.keys(), (index) => before[index]!);
  // The first place of each content is taken first; from the end of a list that is at once, however long it is.
  for (const list of places.values()) list.reverse();
  const pairs: Pairs = new Map();
  for (const [to, content] of after.entries()) {
    const from = places.get(content)?.pop();
    if (from !== undefined) pairs.set(to, from);
  }
  // What is left was changed: entries that stand between the same neighbours are paired as they come.
  const taken = new Set(pairs.values());
  let from = 0;
  for (let to = 0; to < after.length; to += 1) {
    const partner = pairs.get(to);
    if (partner !== undefined) from = Math.max(from, partner + 1);
    else if (from < before.length && !taken.has(from)) pairs.set(to, from++);
  }
  return pairs;
}

/** The entries, by index after, that are not on the longest run of those that kept their order. */
function movedOnes(pairs: Pairs): Set<number> {
  const order = [...pairs].sort(([a], [b]) => a - b);
  // Patience sorting: the smallest end of a run of each length, and who came before whom.
  const ends: number[] = [];
  const previous = new Map<number, number>();
  for (const [at, [, from]] of order.entries()) {
    let low = 0;
    for (let high = ends.length; low < high;) {
      const middle = (low + high) >> 1;
      if (order[ends[middle]!]![1] < from) low = middle + 1;
      else high = middle;
    }
    if (low > 0) previous.set(at, ends[low - 1]!);
    ends[low] = at;
  }
  const kept = new Set<number>();
  for (let at = ends.at(-1); at !== undefined; at = previous.get(at)) kept.add(order[at]![0]);
  return new Set(order.map(([to]) => to).filter((to) => !kept.has(to)));
}

function inOrder(
  before: readonly unknown[],
  after: readonly unknown[],
  pairs: Pairs,
): [number | undefined, number | undefined][] {
  const toOf = new Map([...pairs].map(([to, from]) => [from, to]));
  const goneBehind = new Map<number, number[]>();
  let last = -1;
  for (let from = 0; from < before.length; from += 1) {
    if (toOf.has(from)) last = toOf.get(from)!;
    else append(goneBehind, last, from);
  }
  const gone = (to: number) => (goneBehind.get(to) ?? []).map((from): [number, undefined] => [from, undefined]);
  const kept = after.flatMap((_, to): [number | undefined, number | undefined][] => [[pairs.get(to), to], ...gone(to)]);
  return [...gone(-1), ...kept];
}

function append(lists: Map<number, number[]>, key: number, value: number): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
