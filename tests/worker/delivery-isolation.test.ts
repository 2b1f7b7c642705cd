/** Whatever an endpoint, a worker or PostgreSQL does, every other endpoint gets what it is to get, and nothing is lost. */
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { pool } from "../../lib/db.ts";
import { newId } from "../../lib/ids.ts";
import { takeEndpoints } from "../../lib/webhooks/ownership-store.ts";
import { sql, testDatabase } from "../fixtures/database.ts";
import {
  createEnvironment,
  createOrganization,
  type TestEnvironment,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { until } from "../fixtures/processes.ts";
import { createWebhook } from "../fixtures/webhooks.ts";
import {
  allDelivered,
  attempted,
  attemptsOf,
  deliver,
  deliveriesAt,
  makeDue,
  receiver,
  statusesOf,
  stopAll,
} from "./delivery-harness.ts";
import { startWorkerProcess, stopWorkerProcesses } from "./worker-process.ts";

let org: TestOrganization;
let dev: TestEnvironment;

beforeEach(async () => {
  await sql("truncate webhook_queue, webhook_delivery");
  org = await createOrganization();
  dev = await createEnvironment(org);
});
afterEach(async () => {
  await stopAll();
  await stopWorkerProcesses();
});

/** An endpoint with so many deliveries to a receiver of its own. */
async function endpointWith(environment: TestEnvironment, url: string, count: number) {
  const endpoint = await createWebhook(environment, { url });
  return { ...endpoint, ids: await makeDue(environment, endpoint.id, count) };
}

describe("an endpoint that hangs", () => {
  test("delays no other of its environment, of its organization, or of another", async () => {
    const hanging = await receiver(() => undefined);
    const quick = await receiver();
    const other = await createOrganization();
    for (let n = 0; n < 4; n++) await endpointWith(dev, hanging.url, 200);
    const deliverer = deliver();
    await until("requests to hang", () => hanging.open() >= 56 && deliverer.stats().sending === hanging.open());
    const good = [
      await endpointWith(dev, quick.url, 50),
      await endpointWith(org.live, quick.url, 50),
      await endpointWith(other.live, quick.url, 50),
    ];
    deliverer.wake();
    for (const endpoint of good) await allDelivered(endpoint);
    expect(deliveriesAt(quick).toSorted()).toEqual(good.flatMap(({ ids }) => ids).toSorted());
    // The environment's share, and one for each that has none.
    expect(hanging.open()).toBeLessThanOrEqual(64 + 4);
  });

  test("leaves something to everybody, however many others hang", async () => {
    const hanging = await receiver(() => undefined);
    const quick = await receiver();
    const deliverer = deliver();
    for (let n = 0; n < 8; n++) {
      const one = await createOrganization();
      for (let m = 0; m < 5; m++) await endpointWith(one.live, hanging.url, 60);
    }
    deliverer.wake();
    await until("requests to hang", () => hanging.open() >= 240);
    const good = await endpointWith(dev, quick.url, 20);
    deliverer.wake();
    await allDelivered(good);
    expect(hanging.open()).toBeLessThanOrEqual(256 + 40);
  });

  test("with large events does not fill the memory", async () => {
    const hanging = await receiver(() => undefined);
    const quick = await receiver();
    for (let n = 0; n < 3; n++) {
      const endpoint = await createWebhook(org.live, { url: hanging.url });
      for (let chunk = 0; chunk < 2; chunk++) await makeDue(org.live, endpoint.id, 10, { text: "x".repeat(1 << 20) });
    }
    const deliverer = deliver();
    await until("requests to hang", () => hanging.open() >= 20);
    const good = await endpointWith(dev, quick.url, 20);
    deliverer.wake();
    await allDelivered(good);
    expect(hanging.open()).toBeLessThan(40);
  });
});

describe("many deliveries", () => {
  test("are each sent once, by two workers that share the endpoints", async () => {
    const to = await receiver();
    const environments = [dev, org.live, (await createOrganization()).live];
    const endpoints = await Promise.all(
      Array.from({ length: 45 }, (_, n) => endpointWith(environments[n % 3]!, to.url, 40)),
    );
    const workers = [deliver(), deliver()];
    await until("all to be delivered", () => workers[0]!.stats().delivered + workers[1]!.stats().delivered === 1_800);
    for (const worker of workers) expect(worker.stats().delivered).toBeGreaterThan(0);
    expect(deliveriesAt(to).toSorted()).toEqual(endpoints.flatMap(({ ids }) => ids).toSorted());
    const attempts = await sql("select number from webhook_attempt where endpoint_id = any($1)", [
      endpoints.map(({ id }) => id),
    ]);
    expect(attempts).toEqual(Array.from({ length: 1_800 }, () => ({ number: 1 })));
    await until("the queue to be left", async () => (await sql("select from webhook_queue")).length === 0);
  });

  test("that become due while others are sent are not missed", async () => {
    const to = await receiver();
    const endpoint = await createWebhook(dev, { url: to.url });
    const deliverer = deliver({ settings: { lingerMs: 0 } });
    const ids: string[] = [];
    // Each comes when the endpoint is just being let go of, or is owned by nobody.
    for (let n = 0; n < 60; n++) {
      ids.push(...(await makeDue(dev, endpoint.id)));
      deliverer.wake();
      if (n % 3 === 0) await until("it to arrive", () => to.received.length >= n);
    }
    await allDelivered(endpoint);
    expect(deliveriesAt(to).toSorted()).toEqual(ids.toSorted());
  });

  test("that the queue does not know of are found", async () => {
    const to = await receiver();
    const { id } = await endpointWith(dev, to.url, 3);
    await sql("truncate webhook_queue");
    deliver({ settings: { sweepMs: 50 } });
    await allDelivered({ id });
  });

  test("go out within a poll where nobody is woken", async () => {
    const to = await receiver();
    const endpoint = await createWebhook(dev, { url: to.url });
    deliver();
    for (let n = 1; n <= 3; n++) {
      await makeDue(dev, endpoint.id);
      await until("it to arrive", () => to.received.length === n, { deadlineMs: 2_000 });
    }
  });
});

describe("an owner", () => {
  test("is the only one while its lease lives, and is followed when it lapses", async () => {
    const to = await receiver();
    const endpoint = await endpointWith(dev, to.url, 1);
    // By a worker that has died since.
    const lease = { leaseId: newId(), leaseMs: 1_000 };
    expect(await takeEndpoints(pool(), org.id, [endpoint.id], lease, 0)).toEqual([endpoint.id]);
    expect(await takeEndpoints(pool(), org.id, [endpoint.id], { ...lease, leaseId: newId() }, 0)).toEqual([]);
    const [row] = await sql<{ lapses_at: Date }>("select lease_expires_at as lapses_at from webhook_queue");
    deliver();
    await allDelivered(endpoint);
    const [attempt] = await sql<{ started_at: Date }>("select started_at from webhook_attempt where endpoint_id = $1", [
      endpoint.id,
    ]);
    expect(attempt!.started_at.getTime()).toBeGreaterThanOrEqual(row!.lapses_at.getTime());
    expect(to.received).toHaveLength(1);
  });

  test("that was silent for too long records its attempt only if nobody else has", async () => {
    const answers: (() => void)[] = [];
    const to = await receiver((_, response) => void answers.push(() => response.end("late")));
    const { id, ids } = await endpointWith(dev, to.url, 1);
    const silent = deliver({ settings: { leaseMs: 300, renewAfterMs: 60_000 } });
    await until("it to be sent", () => answers.length === 1);
    // It takes and renews nothing any more, and waits for its answer.
    const stopped = silent.stopNow(30_000);
    deliver();
    await until("it to be sent by another", () => answers.length === 2);
    answers[1]!();
    await allDelivered({ id });
    answers[0]!();
    await stopped;
    expect(await attempted(ids[0]!)).toMatchObject({ status: "DELIVERED", attempts: 1 });
    expect(await attemptsOf(ids[0]!)).toHaveLength(1);
  });

  test("that stops lets what is being sent end, records it, and gives the rest to others at once", async () => {
    const answers: (() => void)[] = [];
    const to = await receiver((_, response) => void answers.push(() => response.end()));
    const endpoint = await endpointWith(dev, to.url, 100);
    const first = deliver();
    await until("requests to be open", () => answers.length >= 32);
    const stopped = first.stopNow(10_000);
    const begun = answers.length;
    for (const answer of answers) answer();
    await stopped;
    expect(await statusesOf(endpoint)).toEqual({ DELIVERED: begun, PENDING: 100 - begun });
    const startedAt = performance.now();
    deliver();
    await until("the rest to be sent", () => {
      for (const answer of answers) answer();
      return to.received.length === 100;
    });
    await allDelivered(endpoint);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(new Set(deliveriesAt(to)).size).toBe(100);
  });

  test("that is killed loses nothing: what it was sending is sent again", async () => {
    const answers: (() => void)[] = [];
    let isSlow = true;
    const to = await receiver((_, response) => (isSlow ? void answers.push(() => response.end()) : {}));
    const endpoint = await endpointWith(dev, to.url, 200);
    const worker = await startWorkerProcess();
    await until("requests to be open", () => to.open() >= 32, { deadlineMs: 60_000 });
    // Some are answered and recorded, some answered and not recorded, most not answered.
    for (const answer of answers.splice(0, 10)) answer();
    await until("some to be recorded", async () => ((await statusesOf(endpoint)).DELIVERED ?? 0) >= 5);
    for (const answer of answers.splice(0, 10)) answer();
    worker.kill("SIGKILL");
    await worker.exited;
    isSlow = false;
    // As if its lease had lapsed: fifteen seconds are not waited for here.
    await sql("update webhook_queue set lease_expires_at = now() - interval '1 second'");
    deliver();
    await allDelivered(endpoint);
    expect(new Set(deliveriesAt(to))).toEqual(new Set(endpoint.ids));
    const wrong = await sql(
      `select delivery.id from webhook_delivery delivery left join webhook_attempt attempt on attempt.delivery_id = delivery.id
       where delivery.endpoint_id = $1 group by delivery.id, delivery.attempts
       having count(attempt.number) <> 1 or delivery.attempts <> 1`,
      [endpoint.id],
    );
    expect(wrong).toEqual([]);
  }, 90_000);
});

/** Ends every connection to the file's database, and lets nobody in. */
async function takeAway() {
  const { name } = testDatabase();
  const admin = new Client({ connectionString: inject("postgresAdminUrl") });
  await admin.connect();
  await admin.query(`alter database ${name} with allow_connections false`);
  await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [name]);
  return {
    async bringBack() {
      await admin.query(`alter database ${name} with allow_connections true`);
      await admin.end();
    },
  };
}

describe("PostgreSQL that goes away", () => {
  test("while deliveries are open loses none of their results", async () => {
    const answers: (() => void)[] = [];
    const to = await receiver((_, response) => void answers.push(() => response.end()));
    const endpoint = await endpointWith(dev, to.url, 20);
    const deliverer = deliver();
    await until("all to be open", () => answers.length === 20);
    const away = await takeAway();
    for (const answer of answers) answer();
    await until("all to be answered", () => deliverer.stats().sending === 0);
    expect(deliverer.stats()).toMatchObject({ delivered: 0, unrecorded: 20 });
    await away.bringBack();
    await allDelivered(endpoint);
    expect(to.received).toHaveLength(20);
    expect(deliverer.stats()).toMatchObject({ delivered: 20, unrecorded: 0 });
  });
});
