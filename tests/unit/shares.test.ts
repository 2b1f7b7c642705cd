/** Whose requests may be open: whatever hangs, something is left for everybody else. */
import { describe, expect, it } from "vitest";
import { createShares, type Share, type Shares } from "../../lib/worker/shares.ts";
import { createReadingTurns } from "../../lib/worker/reading-turns.ts";

/** Opens calls until there is no share, as one whose calls never end. Returns how many. */
function hang(shares: Shares, share: Share): number {
  let opened = 0;
  while (shares.has(share)) {
    shares.take(share);
    opened++;
  }
  return opened;
}

const of = (orgId: string, environment = "live", version = "1"): Share => ({
  orgId,
  environmentId: `${orgId} ${environment}`,
  targetId: `${orgId} ${version}`,
});

describe("shares", () => {
  it("one engine that hangs leaves its environment as much as it has itself", () => {
    const shares = createShares(256);
    const opened = hang(shares, of("a"));
    expect(opened).toBe(32);
    expect(hang(shares, of("a", "live", "2"))).toBe(opened / 2);
    expect(shares.has(of("a", "live", "3"))).toBe(true);
  });

  it("an environment whose engines all hang leaves room for every other of its organization", () => {
    const shares = createShares(256);
    for (let version = 0; version < 50; version++) hang(shares, of("a", "dev", String(version)));
    for (const environment of ["live", "staging", "one", "two", "three", "four"]) {
      expect(hang(shares, of("a", environment)), environment).toBeGreaterThan(0);
    }
  });

  it("fifty organizations that take all they can leave something to the next", () => {
    const shares = createShares(256);
    for (let org = 0; org < 50; org++) {
      for (const environment of ["live", "dev", "staging", "qa"]) {
        for (let version = 0; version < 20; version++) hang(shares, of(`org ${org}`, environment, String(version)));
      }
    }
    expect(hang(shares, of("next"))).toBeGreaterThan(0);
    expect(shares.count()).toBeLessThanOrEqual(4 * 256);
  });

  it.each([1, 2, 3, 10, 256])("of %i calls, one alone can have some, and gives them back", (total) => {
    const shares = createShares(total);
    const opened = hang(shares, of("a"));
    expect(opened).toBeGreaterThan(0);
    expect(opened).toBeLessThanOrEqual(total);
    for (let n = 0; n < opened; n++) shares.release(of("a"));
    expect(shares.count()).toBe(0);
    expect(hang(shares, of("b"))).toBe(opened);
  });
});

describe("shares of targets that may always have one", () => {
  it("are left to each of ten of an environment, whatever the others have", () => {
    const shares = createShares(256, "target");
    const opened = Array.from({ length: 10 }, (_, n) => hang(shares, of("a", "live", String(n))));
    expect(opened.slice(0, 6)).toEqual([32, 16, 8, 4, 2, 1]);
    for (const count of opened) expect(count).toBeGreaterThan(0);
    for (const n of opened.keys()) expect(shares.isFirst(of("a", "live", String(n)))).toBe(false);
  });

  it("end at four times the total", () => {
    const shares = createShares(4, "target");
    for (let n = 0; n < 100; n++) hang(shares, of(`org ${n}`));
    expect(shares.count()).toBe(16);
  });
});

describe("reading turns", () => {
  it("read one after another, in their order, and one that fails holds up nobody", async () => {
    const read: number[] = [];
    const inTurn = createReadingTurns(() => true);
    const answers = [0, 1, 2].map((n) =>
      inTurn(() => {
        read.push(n);
        if (n === 1) throw new Error("not readable");
        return n;
      }),
    );
    const outcomes = await Promise.allSettled(answers);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(read).toEqual([0, 1, 2]);
  });

  it("wait while nothing can be recorded", async () => {
    let mayRead = false;
    const inTurn = createReadingTurns(() => mayRead);
    let isRead = false;
    const answer = inTurn(() => (isRead = true));
    await new Promise(setImmediate);
    expect(isRead).toBe(false);
    mayRead = true;
    expect(await answer).toBe(true);
  });
});
