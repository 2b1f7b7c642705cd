import { describe, expect, test } from "vitest";
import type { ReadyMark } from "../../lib/hot-path/claim.ts";
import { createRotation, pickEnvironment, type LastTurns } from "../../lib/worker/turns.ts";
import { backoffMs } from "../../lib/worker/backoff.ts";

const mark = (orgId: string, environmentId: string, isLive = false): ReadyMark => ({ orgId, environmentId, isLive });

/** The environments that get the next `count` turns while all of these wait. */
function turns(marks: ReadyMark[], count: number, last?: LastTurns): string {
  const names: string[] = [];
  for (let n = 0; n < count; n++) {
    const picked = pickEnvironment(marks, last);
    last = picked.last;
    names.push(picked.mark.environmentId);
  }
  return names.join(" ");
}

describe("within an organization", () => {
  const live = mark("o", "live", true);
  const [a, b, c] = ["a", "b", "c"].map((id) => mark("o", id));

  test("live gets three turns of four while others wait, and the others take turns", () => {
    expect(turns([a!, live, b!, c!], 13)).toBe("live live live a live live live b live live live c live");
  });

  test("whoever waits alone gets every turn", () => {
    expect(turns([live], 5)).toBe("live live live live live");
    expect(turns([b!], 3)).toBe("b b b");
  });

  test("others take turns evenly without live, in whatever order the marks come", () => {
    expect(turns([c!, a!, b!], 7)).toBe("a b c a b c a");
  });

  test("after a long time alone, live gives the next newcomer its turn at once", () => {
    const { last } = pickEnvironment([live], { liveInARow: 3, lastOther: "a" });
    expect(pickEnvironment([live, b!], last).mark).toBe(b);
  });
});

/** A rotation over marks that stand in a list, read `pageSize` at a time. */
function rotationOver(list: () => ReadyMark[], pageSize = 256) {
  return createRotation(async (after) => {
    const sorted = list().filter((one) => one.orgId > after);
    const marks = sorted.slice(0, pageSize);
    const whole = marks.filter((one) => one.orgId !== sorted[pageSize]?.orgId);
    return { marks: whole, end: sorted.length <= pageSize };
  });
}

async function round(rotation: ReturnType<typeof createRotation>): Promise<string[]> {
  const orgs: string[] = [];
  for (let turn = await rotation.next(); turn; turn = await rotation.next()) orgs.push(turn.orgId);
  return orgs;
}

describe("among organizations", () => {
  test("each has one turn a round, whatever the number of its environments", async () => {
    const rotation = rotationOver(() => [
      mark("1", "x"),
      mark("2", "x"),
      mark("2", "y"),
      mark("2", "z"),
      mark("3", "x"),
    ]);
    expect(await round(rotation)).toEqual(["1", "2", "3"]);
    expect(await round(rotation)).toEqual(["1", "2", "3"]);
  });

  test("pages go on after the last organization, and nobody is left out or served twice", async () => {
    const all = ["1", "2", "3", "4", "5", "6", "7"].flatMap((org) => [mark(org, "x"), mark(org, "y")]);
    expect(await round(rotationOver(() => all, 5))).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
  });

  test("who comes during a round is served in it, or in the next", async () => {
    const ready = [mark("2", "x"), mark("4", "x")];
    const rotation = rotationOver(() => ready);
    expect((await rotation.next())!.orgId).toBe("2");
    ready.unshift(mark("1", "x"));
    expect(await round(rotation)).toEqual(["4"]);
    expect(await round(rotation)).toEqual(["1", "2", "4"]);
  });

  test("an environment that may not be served now costs no turn", async () => {
    const rotation = rotationOver(() => [mark("1", "live", true), mark("1", "x")]);
    const turn = await rotation.next();
    expect(turn!.take((one) => !one.isLive)!.environmentId).toBe("x");
    expect((await rotation.next())?.orgId).toBeUndefined();
    expect((await rotation.next())!.take(() => false)).toBeUndefined();
  });
});

const times = (random: number) =>
  [1, 2, 3, 9].map((n) => backoffMs(n, { firstMs: 50, maxMs: 2_000, random: () => random }));

describe("back-off", () => {
  test("doubles up to its ceiling, and takes half of it at random", () => {
    expect(times(0)).toEqual([25, 50, 100, 1_000]);
    expect(times(1)).toEqual([50, 100, 200, 2_000]);
  });
});
