/** Batches of many organizations: what is wrong with one's keeps no other's waiting. */
import { DatabaseError } from "pg";
import { pino } from "pino";
import { expect, it } from "vitest";
import { createOrgBatches } from "../../lib/worker/org-batches.ts";

/** Far beyond what a loaded machine needs. */
const POLL = { timeout: 60_000 };

const locked = () =>
  Object.assign(new DatabaseError("canceling statement due to lock timeout", 1, "error"), { code: "55P03" });

/** Batches that record with this, by organization. */
function batchesOf(record: (orgId: string, items: number[]) => Promise<void>) {
  return createOrgBatches<number>({
    name: "items",
    log: pino({ level: "silent" }),
    connections: 1,
    record,
    insteadOf: () => undefined,
    sizeOf: (item) => item,
  });
}

it("an organization that has rested is tried beside the others, which go on while that takes its time", async () => {
  const recorded: string[] = [];
  const retry = Promise.withResolvers<void>();
  const retried = Promise.withResolvers<void>();
  let tries = 0;
  const batches = batchesOf(async (orgId, items) => {
    if (orgId === "held") {
      if (++tries === 1) throw locked();
      retried.resolve();
      await retry.promise;
    }
    recorded.push(...items.map((item) => `${orgId} ${item}`));
  });
  batches.add("held", 1);
  await retried.promise;
  batches.add("other", 2);
  await expect.poll(() => recorded, POLL).toEqual(["other 2"]);
  retry.resolve();
  await batches.drained();
  expect(recorded).toEqual(["other 2", "held 1"]);
});

it("what waits of those that rest is told apart, until it is recorded", async () => {
  let isHeld = true;
  const batches = batchesOf(async (orgId) => {
    if (orgId === "held" && isHeld) throw locked();
  });
  batches.add("held", 10);
  await expect.poll(() => batches.isResting("held"), POLL).toBe(true);
  batches.add("held", 5);
  batches.add("other", 100);
  expect([batches.waitingSize(), batches.waitingSizeOf("held"), batches.restingSize()]).toEqual([115, 15, 15]);
  await expect.poll(() => batches.waitingSizeOf("other"), POLL).toBe(0);
  expect([batches.waitingSize(), batches.restingSize(), batches.isResting("other")]).toEqual([15, 15, false]);
  isHeld = false;
  await batches.drained();
  expect([batches.waitingSize(), batches.restingSize(), batches.isResting("held")]).toEqual([0, 0, false]);
});

it("in order within an organization, and no item twice, also where it is refused again and again", async () => {
  const recorded: number[] = [];
  let tries = 0;
  const batches = batchesOf(async (_, items) => {
    if (++tries % 3 !== 0) throw locked();
    recorded.push(...items);
  });
  for (let item = 1; item <= 1_200; item++) batches.add("one", item);
  await batches.drained();
  expect(recorded).toEqual(Array.from({ length: 1_200 }, (_, at) => at + 1));
});
