/**
 * What leads back to itself among nodes that lead to others: Tarjan's strongly connected components (1972), without recursion, because the way from
 * one node to another may be as long as there are nodes. Takes linear time. Pure.
 */

type Visit<T> = { node: T; index: number; low: number; isOpen: boolean; next: readonly T[]; at: number };

/** All that `start` leads to, itself included: nodes that lead to each other stand together, and come after those that they lead to. */
export function cyclesFrom<T>(start: T, nextOf: (node: T) => readonly T[]): T[][] {
  const visits = new Map<T, Visit<T>>();
  const open: Visit<T>[] = [];
  const path: Visit<T>[] = [];
  const cycles: T[][] = [];

  const enter = (node: T) => {
    const visit = { node, index: visits.size, low: visits.size, isOpen: true, next: nextOf(node), at: 0 };
    visits.set(node, visit);
    open.push(visit);
    path.push(visit);
  };
  const leave = (visit: Visit<T>) => {
    path.pop();
    const before = path.at(-1);
    if (before) before.low = Math.min(before.low, visit.low);
    if (visit.low < visit.index) return;
    const together = open.splice(open.lastIndexOf(visit));
    for (const one of together) one.isOpen = false;
    cycles.push(together.map(({ node }) => node));
  };

  enter(start);
  for (let here = path.at(-1); here; here = path.at(-1)) {
    if (here.at === here.next.length) {
      leave(here);
      continue;
    }
    const node = here.next[here.at]!;
    here.at += 1;
    const seen = visits.get(node);
    if (!seen) enter(node);
    else if (seen.isOpen) here.low = Math.min(here.low, seen.index);
  }
  return cycles;
}
