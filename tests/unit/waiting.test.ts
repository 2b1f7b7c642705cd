/** In turns: however much one has waiting, others find room and are in the next batch. */
import { describe, expect, test } from "vitest";
import { InTurns, MAX_BATCH, MAX_BATCH_BYTES, MAX_WAITING, MAX_WAITING_BYTES } from "../../lib/hot-path/waiting.ts";

type Item = { whose: string; n: number; bytes: number };

const inTurns = () => new InTurns<Item>(({ whose }) => whose);
/** Adds until there is no room. Returns how many. */
function fill(waiting: InTurns<Item>, whose: string, bytes = 0): number {
  for (let n = 0; ; n++) if (!waiting.add({ whose, n, bytes })) return n;
}
const namesOf = (items: readonly Item[]) => items.map(({ whose, n }) => `${whose}${n}`);

describe("in turns", () => {
  test("each has an item in turn, its own in the order in which they came, whose turn it was not first the next time", () => {
    const waiting = inTurns();
    for (let n = 0; n < 3; n++) waiting.add({ whose: "a", n, bytes: 0 });
    for (const whose of ["b", "c"]) waiting.add({ whose, n: 0, bytes: 0 });
    waiting.add({ whose: "b", n: 1, bytes: 0 });
    expect(waiting.length).toBe(6);
    expect(namesOf(waiting.take())).toEqual(["a0", "b0", "c0", "a1", "b1", "a2"]);
    expect(waiting.length).toBe(0);
    expect(waiting.take()).toEqual([]);
  });

  test("one that floods has half of what may wait; another is in the next batch, and its many beside the first's", () => {
    const waiting = inTurns();
    expect(fill(waiting, "a")).toBe(MAX_WAITING / 2);
    expect(waiting.add({ whose: "b", n: 0, bytes: 0 })).toBe(true);
    const batch = waiting.take();
    expect(batch).toHaveLength(MAX_BATCH);
    expect(batch.filter(({ whose }) => whose === "b")).toHaveLength(1);
    expect(fill(waiting, "b")).toBeGreaterThan(MAX_BATCH);
    expect(waiting.take().filter(({ whose }) => whose === "b")).toHaveLength(MAX_BATCH / 2);
  });

  test("the same holds for bytes, of what waits and of a batch; what is larger than a batch goes alone", () => {
    const waiting = inTurns();
    expect(fill(waiting, "a", 1 << 20)).toBe(MAX_WAITING_BYTES / 2 / (1 << 20));
    expect(waiting.add({ whose: "b", n: 0, bytes: 1 << 20 })).toBe(true);
    expect(namesOf(waiting.take())).toEqual(["a0", "b0", "a1", "a2"]);
    expect(namesOf(waiting.take())).toHaveLength(MAX_BATCH_BYTES >> 20);
    const alone = inTurns();
    expect(alone.add({ whose: "a", n: 0, bytes: MAX_WAITING_BYTES + 1 })).toBe(true);
    expect(namesOf(alone.take())).toEqual(["a0"]);
  });

  test("nothing is taken in without bound, however many there are, and all comes out", () => {
    const waiting = inTurns();
    let added = 0;
    while (waiting.add({ whose: `one of many ${added}`, n: 0, bytes: 0 })) added += 1;
    expect(added).toBe(2 * MAX_WAITING);
    expect(waiting.drain()).toHaveLength(added);
    expect(waiting.length).toBe(0);
    expect(waiting.add({ whose: "a", n: 0, bytes: 0 })).toBe(true);
  });
});
