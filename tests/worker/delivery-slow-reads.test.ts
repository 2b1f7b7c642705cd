/** Deliveries while PostgreSQL is slow: each reading takes longer than what was read may wait to be sent. */
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { openWorkerPools, type WorkerPools } from "../../lib/worker/database.ts";
import { testDatabase } from "../fixtures/database.ts";
import { createEnvironment, createOrganization } from "../fixtures/factories.ts";
import { createWebhook } from "../fixtures/webhooks.ts";
import { allDelivered, deliver, makeDue, receiver, stopAll, stopLater } from "./delivery-harness.ts";

const SLOW_MS = 300;

afterEach(stopAll);

/** Pools of a worker whose readings of what is due come late. */
function slowlyReading(): WorkerPools {
  const pools = openWorkerPools(testDatabase().url);
  stopLater(() => pools.close());
  const query = pools.deliver.query.bind(pools.deliver) as (...sent: unknown[]) => Promise<unknown>;
  const late = async (...sent: unknown[]) => {
    const answer = await query(...sent);
    if ((sent[0] as { name?: string }).name === "read-due-deliveries") await delay(SLOW_MS);
    return answer;
  };
  pools.deliver.query = late as typeof pools.deliver.query;
  return pools;
}

test("what is read is sent once, however long reading takes", async () => {
  const dev = await createEnvironment(await createOrganization());
  const to = await receiver();
  const endpoint = await createWebhook(dev, { url: to.url });
  await makeDue(dev, endpoint.id, 60);
  deliver({ pools: slowlyReading() });
  await allDelivered(endpoint);
  expect(to.received).toHaveLength(60);
});
