/** Work on configs: large ones of an organization one after another, small ones at once, and nothing that has grown meanwhile. */
import { expect, test } from "vitest";
import type { OrgScope } from "../../lib/auth/principal.ts";
import { withConfigRoom } from "../../lib/engines/config-room.ts";

const LARGE = 700_000;
const scopeOf = (orgId: string) => ({ orgId }) as OrgScope;

/** Work that goes on until it is told to end. */
function startWork(orgId: string, measure: () => number) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const work = { isUnderWay: false, end: resolve, ended: Promise.resolve() };
  work.ended = withConfigRoom(scopeOf(orgId), measure, () => {
    work.isUnderWay = true;
    return promise;
  });
  return work;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("large ones of an organization go one after another, another's and small ones beside them", async () => {
  const works = [LARGE, LARGE, 1_000].map((bytes) => startWork("a", () => bytes));
  works.push(startWork("b", () => LARGE));
  await settled();
  expect(works.map(({ isUnderWay }) => isUnderWay)).toEqual([true, false, true, true]);
  works[0]!.end();
  await settled();
  expect(works[1]!.isUnderWay).toBe(true);
  for (const { end } of works) end();
  await Promise.all(works.map(({ ended }) => ended));
});

test("an organization whose work is larger than its share leaves room for others", async () => {
  const works = ["a", "b", "c"].map((orgId) => startWork(orgId, () => (3 << 20) - 1));
  await settled();
  expect(works.map(({ isUnderWay }) => isUnderWay)).toEqual([true, true, true]);
  for (const { end } of works) end();
  await Promise.all(works.map(({ ended }) => ended));
});

test("what has grown while it waited waits for the room that it takes now", async () => {
  let bytes = 20_000;
  const first = startWork("a", () => (1 << 20) - 20_000);
  const filler = startWork("a", () => 20_000);
  const grown = startWork("a", () => bytes);
  await settled();
  expect(grown.isUnderWay).toBe(false);
  bytes = LARGE;
  filler.end();
  await settled();
  expect(grown.isUnderWay).toBe(false);
  first.end();
  await settled();
  expect(grown.isUnderWay).toBe(true);
  grown.end();
  await Promise.all([first.ended, filler.ended, grown.ended]);
});

test("work that fails gives its room back", async () => {
  const failing = withConfigRoom(
    scopeOf("a"),
    () => LARGE,
    () => Promise.reject(new Error("on purpose")),
  );
  await expect(failing).rejects.toThrow("on purpose");
  const next = startWork("a", () => LARGE);
  await settled();
  expect(next.isUnderWay).toBe(true);
  next.end();
  await next.ended;
});
