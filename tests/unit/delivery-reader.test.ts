/** How much is read at a time of what endpoints have to send. */
import type { Pool } from "pg";
import { pino } from "pino";
import { expect, it } from "vitest";
import { createDeliveryReader } from "../../lib/worker/delivery-reader.ts";
import type { DeliverySender } from "../../lib/worker/delivery-sender.ts";
import type { OwnedEndpoint } from "../../lib/worker/owned-endpoints.ts";

/** The bytes that each statement may read of an endpoint, where there is room for `room` and so many endpoints want to be read. */
async function bytesAskedFor(room: number, endpoints: number): Promise<unknown[]> {
  const asked: unknown[] = [];
  const query = async ({ values }: { values: unknown[] }) => {
    asked.push(values[3]);
    throw new Error("away");
  };
  const reader = createDeliveryReader({
    pool: { query } as unknown as Pool,
    sender: { hasRoomFor: () => true, room: () => room } as unknown as DeliverySender,
    log: pino({ level: "silent" }),
    aheadMs: () => 0,
    onEnded: () => {},
  });
  const owned = Array.from({ length: endpoints }, (_, at) => ({
    orgId: at % 2 === 0 ? "0198f000-0000-7000-8000-000000000001" : "0198f000-0000-7000-8000-000000000002",
    endpointId: `0198f000-0000-7000-8000-${String(at).padStart(12, "0")}`,
    wantsReading: true,
    restsUntilMs: 0,
    readAtMs: 0,
    lookAhead: 32,
    sent: 0,
    ready: [],
    open: new Set<string>(),
  }));
  await expect(reader.read(owned as unknown as OwnedEndpoint[])).rejects.toThrow("away");
  return asked;
}

it("what there is room for is divided among all that are read at once, whosever they are", async () => {
  expect(await bytesAskedFor(32 << 20, 2)).toEqual([1 << 20, 1 << 20]);
  expect(await bytesAskedFor(1_000_001, 4)).toEqual([250_000, 250_000]);
  expect(await bytesAskedFor(1 << 20, 64)).toEqual(Array(4).fill(16_384));
});

it("where there is no room, only the first of each endpoint is read", async () => {
  expect(await bytesAskedFor(0, 2)).toEqual([1, 1]);
});
