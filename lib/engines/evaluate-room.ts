/** A limit on what is under way at the same time, by size. */

export type Room = {
  /** Takes `size`; undefined when there was room at once, else a promise that resolves when it is one's turn. */
  take(size: number): Promise<void> | undefined;
  give(size: number): void;
};

/** A room for `limit` in all. What is larger than the whole room gets in alone. First come, first served. */
export function createRoom(limit: number): Room {
  let free = limit;
  const waiting: { size: number; enter: () => void }[] = [];
  return {
    take(asked) {
      const size = Math.min(asked, limit);
      if (waiting.length === 0 && free >= size) {
        free -= size;
        return undefined;
      }
      return new Promise((enter) => waiting.push({ size, enter }));
    },
    give(asked) {
      free += Math.min(asked, limit);
      while (waiting.length > 0 && free >= waiting[0]!.size) {
        const next = waiting.shift()!;
        free -= next.size;
        next.enter();
      }
    },
  };
}
