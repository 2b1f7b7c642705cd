/** What PostgreSQL refuses for one organization, or somebody keeps locked: the webhooks of every other are sent and recorded all the same. */
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pool } from "../../lib/db.ts";
import { sql } from "../fixtures/database.ts";
import { createOrganization, type TestEnvironment } from "../fixtures/factories.ts";
import { until } from "../fixtures/processes.ts";
import { createWebhook } from "../fixtures/webhooks.ts";
import { allDelivered, attempted, deliver, makeDue, receiver, statusesOf, stopAll } from "./delivery-harness.ts";

let bad: TestEnvironment;
let good: TestEnvironment;

beforeEach(async () => {
  bad = (await createOrganization()).live;
  good = (await createOrganization()).live;
});
afterEach(async () => {
  await sql("drop function if exists refuse cascade");
  await stopAll();
});

/** Refuses what is done to rows of this table, as long as the trigger stands. */
async function refuse(what: string, condition: string): Promise<void> {
  await sql(`create function refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$`);
  await sql(`create trigger refuse before ${what} for each row when (${condition}) execute function refuse()`);
}

const allowAgain = () => sql("drop function refuse cascade");

/** When the lease of the endpoint ends. */
async function leaseOf({ id }: { id: string }): Promise<number> {
  const [row] = await sql<{ at: Date | null }>(
    "select lease_expires_at as at from webhook_queue where endpoint_id = $1",
    [id],
  );
  return row?.at?.getTime() ?? 0;
}

test.each([500, 410])(
  "an endpoint that somebody keeps locked, and that answers %i, keeps no other organization's attempts from being recorded",
  async (code) => {
    const to = await receiver(({ path }, response) => void response.writeHead(path === "/bad" ? code : 200).end());
    const locked = await createWebhook(bad, { url: `${to.url}/bad` });
    const other = await createWebhook(good, { url: to.url });
    const client = await pool().connect();
    const deliverer = deliver();
    try {
      await client.query("begin");
      await client.query("select from webhook_endpoint where id = $1 for update", [locked.id]);
      const [id] = await makeDue(bad, locked.id);
      deliverer.wake();
      await until("the locked one to be sent to", () => to.received.length === 1);
      await makeDue(good, other.id, 20);
      deliverer.wake();
      await allDelivered(other, 40_000);
      expect(to.received.filter(({ path }) => path === "/bad")).toHaveLength(1);
      await client.query("rollback");
      await attempted(id!);
      await until("nothing to wait for being recorded", () => deliverer.stats().unrecorded === 0);
    } finally {
      await client.query("rollback");
      client.release();
    }
  },
);

test("an organization whose attempts cannot be recorded is not sent to meanwhile; others are; and then it is, once each", async () => {
  const said: string[] = [];
  const log = pino({}, { write: (text: string) => void said.push(text) });
  const isRefused = () => said.some((line) => line.includes("attempts of an organization cannot be recorded now"));
  let sentToBad = 0;
  const to = await receiver(async ({ path }, response) => {
    // the first answer is refused while the next requests are open
    if (path === "/bad" && ++sentToBad > 1) await until("the refusal", isRefused);
    response.end();
  });
  const refused = await createWebhook(bad, { url: `${to.url}/bad` });
  const other = await createWebhook(good, { url: to.url });
  await refuse("insert on webhook_attempt", `new.org_id = '${bad.orgId}'`);
  await makeDue(bad, refused.id, 300);
  const deliverer = deliver({ log });
  await until("the refusal", isRefused);
  await makeDue(good, other.id, 50);
  deliverer.wake();
  await allDelivered(other, 40_000);
  expect(sentToBad).toBeLessThan(300);
  expect(await statusesOf(refused)).toEqual({ PENDING: 300 });
  await allowAgain();
  await allDelivered(refused);
  expect(sentToBad).toBe(300);
});

test("a delivery whose attempt can be stored in no form is sent again after a while", async () => {
  await refuse("insert on webhook_attempt", "true");
  await sql(`create or replace function refuse() returns trigger language plpgsql as $$
    begin raise 'refused' using errcode = 'check_violation'; end $$`);
  const to = await receiver();
  const [id] = await makeDue(bad, (await createWebhook(bad, { url: to.url })).id);
  const deliverer = deliver({ settings: { unstorableMs: 100 } });
  await until("it to be given up", () => deliverer.stats().failed > 0);
  await allowAgain();
  expect(await attempted(id!)).toMatchObject({ status: "DELIVERED", attempts: 1 });
});

test("endpoints that PostgreSQL refuses to take, however many have waited longest, keep no other's from being taken", async () => {
  const to = await receiver();
  await refuse("update on webhook_queue", `new.org_id = '${bad.orgId}' and new.lease_id is not null`);
  const refused = await Promise.all(Array.from({ length: 40 }, () => createWebhook(bad, { url: to.url })));
  for (const { id } of refused) await makeDue(bad, id);
  const other = await createWebhook(good, { url: to.url });
  await makeDue(good, other.id, 3);
  deliver();
  await allDelivered(other, 40_000);
  await allowAgain();
  for (const endpoint of refused) await allDelivered(endpoint);
});

test("a lease that cannot be renewed costs no other organization its leases", async () => {
  const to = await receiver();
  const refused = await createWebhook(bad, { url: to.url });
  const other = await createWebhook(good, { url: to.url });
  await refuse(
    "update on webhook_queue",
    `new.org_id = '${bad.orgId}' and new.lease_id = old.lease_id and new.lease_expires_at > old.lease_expires_at`,
  );
  await makeDue(bad, refused.id);
  const deliverer = deliver({ settings: { renewAfterMs: 100, lingerMs: 60_000 } });
  await allDelivered(refused);
  await makeDue(good, other.id);
  deliverer.wake();
  await allDelivered(other);
  const [before, othersBefore] = [await leaseOf(refused), await leaseOf(other)];
  await until("the other lease to be renewed", async () => (await leaseOf(other)) > othersBefore + 1_000);
  expect(await leaseOf(refused)).toBe(before);
});

test("an endpoint that cannot be let go of keeps no other organization's", async () => {
  const to = await receiver();
  const refused = await createWebhook(bad, { url: to.url });
  const other = await createWebhook(good, { url: to.url });
  await refuse("delete on webhook_queue", `old.org_id = '${bad.orgId}'`);
  await makeDue(bad, refused.id);
  const deliverer = deliver({ settings: { lingerMs: 0 } });
  await allDelivered(refused);
  await makeDue(good, other.id);
  deliverer.wake();
  await until("the other to be let go", async () => (await leaseOf(other)) === 0 && to.received.length === 2);
  await allowAgain();
  await until("the refused one to be let go", async () => (await leaseOf(refused)) === 0);
});
