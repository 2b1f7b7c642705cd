/** Ids sort by the time at which they were made, and that time is the database's. */
import { afterEach, expect, test } from "vitest";
import { correctClock, isId, newId, newRequestId } from "../../lib/ids.ts";
import { fromNow } from "../fixtures/moments.ts";

afterEach(() => correctClock(0));

const timeOf = (id: string) => Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);

test("ids are UUIDv7, unique, and strictly increasing within a process", () => {
  const expectMeanwhile = fromNow();
  const ids = Array.from({ length: 50_000 }, () => newId());
  expect(ids.every((id) => isId(id) && id[14] === "7" && "89ab".includes(id[19]!))).toBe(true);
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expectMeanwhile(timeOf(ids[0]!));
});

test("a clock that is wrong by hours, either way, does not show in them", () => {
  const hour = 3_600_000;
  for (const aheadMs of [5 * hour, -5 * hour, 0]) {
    correctClock(aheadMs);
    const expectMeanwhile = fromNow();
    expectMeanwhile(timeOf(newId()) + aheadMs);
  }
});

test("request ids are unique", () => {
  expect(new Set(Array.from({ length: 10_000 }, () => newRequestId())).size).toBe(10_000);
});
