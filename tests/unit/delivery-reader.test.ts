/** How much is read at a time of what endpoints have to send. */
import { DatabaseError, type Pool } from "pg";
import { pino } from "pino";
import { expect, it } from "vitest";
import { createDeliveryReader } from "../../lib/worker/delivery-reader.ts";
import type { DeliverySender } from "../../lib/worker/delivery-sender.ts";
import type { OwnedEndpoint } from "../../lib/worker/owned-endpoints.ts";

const ONE = "0198f000-0000-7000-8000-000000000001";
const OTHER = "0198f000-0000-7000-8000-000000000002";

/** Endpoints of these two organizations in turn, which want to be read. */
const endpointsOf = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    orgId: at % 2 === 0 ? ONE : OTHER,
    endpointId: `0198f000-0000-7000-8000-${String(at).padStart(12, "0")}`,
    wantsReading: true,
    restsUntilMs: 0,
    readAtMs: 0,
    lookAhead: 32,
    sent: 0,
    ready: [],
    open: new Set<string>(),
  })) as unknown as OwnedEndpoint[];

function readerOver(query: (statement: { values: unknown[] }) => Promise<never>, room: number) {
  return createDeliveryReader({
    pool: { query } as unknown as Pool,
    sender: { hasRoomFor: () => true, room: () => room } as unknown as DeliverySender,
    log: pino({ level: "silent" }),
    aheadMs: () => 0,
    onEnded: () => {},
  });
}

/** The bytes that each statement may read of an endpoint, where there is room for `room` and so many endpoints want to be read. */
async function bytesAskedFor(room: number, endpoints: number): Promise<unknown[]> {
  const asked: unknown[] = [];
  const query = async ({ values }: { values: unknown[] }) => {
    asked.push(values[3]);
    throw new Error("away");
  };
  const reading = readerOver(query, room).read(endpointsOf(endpoints));
  await expect(reading).rejects.toThrow("away");
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

/** Statements that fail so. */
const failing = (code: string) => async () => {
  throw Object.assign(new DatabaseError("no", 1, "error"), { code });
};

it("an organization whose deliveries PostgreSQL refuses to read rests, and the others are told nothing of it", async () => {
  const endpoints = endpointsOf(2);
  await readerOver(failing("22012"), 1).read([endpoints[0]!]);
  expect(endpoints.map(({ restsUntilMs }) => restsUntilMs > performance.now())).toEqual([true, false]);
  expect(endpoints[0]!.wantsReading).toBe(true);
});

it("where PostgreSQL is away, nobody rests for it, and the reading says so", async () => {
  const endpoints = endpointsOf(2);
  await expect(readerOver(failing("57P01"), 1).read(endpoints)).rejects.toThrow("no");
  expect(endpoints.map(({ restsUntilMs }) => restsUntilMs)).toEqual([0, 0]);
});
