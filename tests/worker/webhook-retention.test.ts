/** Retention of what webhooks were sent: events and attempts go with payloads, deliveries with runs, and nothing that is still to be sent. */
import { beforeEach, describe, expect, test } from "vitest";
import { pool } from "../../lib/db.ts";
import type { RetentionPolicy } from "../../lib/runs/retention.ts";
import { applyRetention, type RetentionOptions } from "../../lib/worker/tasks/retention.ts";
import { sql } from "../fixtures/database.ts";
import { createOrganization, createWebhookEndpoint, type TestOrganization } from "../fixtures/factories.ts";
import { idAt, makeMonths, monthsOf } from "./retention-months.ts";

let org: TestOrganization;
let endpoint: string;

// Each test has a year of its own, and finds nothing of earlier ones.
let year = 2000;

beforeEach(async () => {
  year += 1;
  await sql("truncate webhook_event, webhook_delivery, webhook_attempt");
  await sql("update organization set payload_retention_days = null");
  await applyRetention(pool(), { payloadDays: 1, runDays: 1 }, new Date(`${year}-01-01T00:00:00Z`));
  org = await createOrganization();
  endpoint = await createWebhookEndpoint(org.live);
});

const at = (monthAndDay: string) => `${year}-${monthAndDay}T12:00:00Z`;
const retain = (policy: RetentionPolicy, now: string, options?: RetentionOptions) =>
  applyRetention(pool(), policy, new Date(now), {
    patience: { lockMs: 2_000, tries: 20, pauseMs: 20 },
    budgetMs: 60_000,
    ...options,
  });
const FOR_EVER: RetentionPolicy = { payloadDays: null, runDays: null };

/** An event of that instant with a delivery and its first attempt. Returns the event's id. */
async function eventAt(
  time: string,
  { pending = false, of = org, to = endpoint }: { pending?: boolean; of?: TestOrganization; to?: string } = {},
): Promise<string> {
  const [id, runId, deliveryId] = [idAt(time), idAt(time), idAt(time)];
  await sql(
    "insert into webhook_event (org_id, id, environment_id, run_id, type, body) values ($1, $2, $3, $4, 'run.failed', '{}')",
    [of.id, id, of.live.id, runId],
  );
  await sql(
    `insert into webhook_delivery (org_id, endpoint_id, id, environment_id, event_id, event_type, run_id, status, next_attempt_at, attempts)
     values ($1, $2, $3, $4, $5, 'run.failed', $6, $7, $8, 1)`,
    [of.id, to, deliveryId, of.live.id, id, runId, pending ? "PENDING" : "DELIVERED", pending ? time : null],
  );
  await sql(
    `insert into webhook_attempt (org_id, delivery_id, number, endpoint_id, trigger, url, started_at, duration_ms, request_headers)
     values ($1, $2, 1, $3, 'schedule', 'https://receiver.example.test/', $4, 12, '{}')`,
    [of.id, deliveryId, to, time],
  );
  return id;
}

/** What is left of these events. */
async function remains(ids: readonly string[]): Promise<string[]> {
  const rows = await sql<{ has: string }>(
    `select concat_ws(' ', (select 'event' from webhook_event e where e.id = wanted.id),
       (select 'delivery' from webhook_delivery d where d.event_id = wanted.id),
       (select 'attempt' from webhook_attempt a join webhook_delivery d on d.id = a.delivery_id where d.event_id = wanted.id)) as has
     from unnest($1::uuid[]) with ordinality as wanted (id, n) order by n`,
    [ids],
  );
  return rows.map((row) => row.has);
}

const attempts = async () => (await sql("select from webhook_attempt")).length;

const end = (eventId: string) =>
  sql("update webhook_delivery set status = 'FAILED', next_attempt_at = null where event_id = $1", [eventId]);

describe("the operator's policy", () => {
  test("drops months of events and attempts with payloads, and of deliveries with runs", async () => {
    await makeMonths(at("01-01"), 3);
    const events = [await eventAt(at("01-10")), await eventAt(at("01-31")), await eventAt(at("02-10"))];
    const policy = { payloadDays: 30, runDays: 90 };
    await retain(policy, at("03-02"));
    expect(await remains(events)).toEqual(events.map(() => "event delivery attempt"));
    await retain(policy, `${year}-03-03T00:00:00Z`);
    expect(await remains(events)).toEqual(["delivery", "delivery", "event delivery attempt"]);
    await retain(policy, at("05-02"));
    expect(await remains(events)).toEqual(["", "", "delivery"]);
    expect(await attempts()).toBe(0);
    for (const table of ["webhook_event", "webhook_attempt", "webhook_delivery"]) {
      expect(await monthsOf(table)).not.toContain(`${year}_01`);
    }
  });

  test("keeps an event and its delivery while an attempt is to come, and nothing else of the month", async () => {
    await makeMonths(at("01-01"), 2);
    const pending = await eventAt(at("01-10"), { pending: true });
    const others = [await eventAt(at("01-10")), await eventAt(at("01-11"))];
    const policy = { payloadDays: 1, runDays: 1 };
    await retain(policy, at("12-31"));
    // What was attempted is not needed for what is still to be sent.
    expect(await remains([pending, ...others])).toEqual(["event delivery", "", ""]);
    await end(pending);
    await retain(policy, at("12-31"));
    expect(await remains([pending])).toEqual([""]);
  });

  test("holds for rows that stand in DEFAULT partitions too", async () => {
    const events = [
      await eventAt(at("01-10")),
      await eventAt(at("01-11"), { pending: true }),
      await eventAt(at("03-01")),
    ];
    await retain({ payloadDays: 30, runDays: 90 }, at("03-05"), { blocks: 1 });
    expect(await remains(events)).toEqual(["delivery", "event delivery", "event delivery attempt"]);
    await retain({ payloadDays: 30, runDays: 90 }, at("12-31"), { blocks: 1 });
    expect(await remains(events)).toEqual(["", "event delivery", ""]);
    await end(events[1]!);
    await retain({ payloadDays: 30, runDays: 90 }, at("12-31"), { blocks: 1 });
    expect(await remains(events)).toEqual(["", "", ""]);
  });

  test("of nothing keeps everything", async () => {
    await makeMonths(at("01-01"), 1);
    const event = await eventAt(at("01-10"));
    await retain(FOR_EVER, at("12-31"));
    expect(await remains([event])).toEqual(["event delivery attempt"]);
  });
});

test("an organization's own retention of payloads removes its events and attempts to the day, and nobody else's", async () => {
  const other = await createOrganization();
  const theirs = { of: other, to: await createWebhookEndpoint(other.live) };
  await makeMonths(at("01-01"), 3);
  const days = ["01-10", "01-20", "02-05", "02-20"];
  const own: string[] = [];
  for (const day of days) own.push(await eventAt(at(day), { pending: day === "01-20" }));
  const foreign = await eventAt(at("01-10"), theirs);
  await sql("update organization set payload_retention_days = 20 where id = $1", [org.id]);
  await retain({ payloadDays: 400, runDays: null }, `${year}-03-01T00:00:00Z`, { chunk: 1 });
  expect(await remains(own)).toEqual(["delivery", "event delivery", "delivery", "event delivery attempt"]);
  expect(await remains([foreign])).toEqual(["event delivery attempt"]);
  await end(own[1]!);
  await retain({ payloadDays: 400, runDays: null }, `${year}-03-01T00:00:00Z`);
  expect(await remains(own)).toEqual(["delivery", "delivery", "delivery", "event delivery attempt"]);
});
