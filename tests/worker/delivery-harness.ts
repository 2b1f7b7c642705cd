/** Deliveries in tests: real receivers on loopback, endpoints and what they have to send as rows, and deliverers over the file's database. */
import { randomBytes } from "node:crypto";
import { pino } from "pino";
import { newId } from "../../lib/ids.ts";
import { toEventId, WEBHOOK_VERSION } from "../../lib/webhooks/event-types.ts";
import { openWorkerPools } from "../../lib/worker/database.ts";
import { startDeliverer, type Deliverer, type DelivererOptions } from "../../lib/worker/deliverer.ts";
import { sql, testDatabase } from "../fixtures/database.ts";
import type { TestEnvironment } from "../fixtures/factories.ts";
import { until } from "../fixtures/processes.ts";
import { startReceiver, type Answer, type Received, type Receiver } from "../fixtures/receiver.ts";

const log = pino({ level: "silent" });
let stops: (() => Promise<unknown>)[] = [];

/** Stops everything that was started; for after each test. */
export async function stopAll(): Promise<void> {
  for (const stop of stops.toReversed()) await stop();
  stops = [];
}

/** To be stopped after the test. */
export function stopLater(stop: () => Promise<unknown>): void {
  stops.push(stop);
}

/** A customer's receiver. */
export async function receiver(answer: Answer = () => ({})): Promise<Receiver> {
  const started = await startReceiver(answer);
  stopLater(() => started.stop());
  return started;
}

export type TestDeliverer = Deliverer & { stopNow(graceMs?: number): Promise<void> };

/** Delivers whatever is due, until the end of the test. */
export function deliver(options: Partial<DelivererOptions> & { databaseUrl?: string } = {}): TestDeliverer {
  const { databaseUrl = testDatabase().url, ...rest } = options;
  const pools = openWorkerPools(databaseUrl);
  const deliverer = startDeliverer({ pools, log, ...rest });
  let stopped: Promise<void> | undefined;
  const stopNow = (graceMs = 0) =>
    (stopped ??= (async () => {
      await deliverer.stop(graceMs, 5_000);
      await pools.close();
    })());
  stopLater(() => stopNow());
  return { ...deliverer, stopNow };
}

/** So many events, each for one endpoint, due now and in the queue, in the order of the ids that are returned. `text` makes bodies longer. */
export async function makeDue(
  environment: TestEnvironment,
  endpointId: string,
  count = 1,
  { text = "" } = {},
): Promise<string[]> {
  const { orgId, id: environmentId, slug } = environment;
  const events = Array.from({ length: count }, () => newId());
  const ids = events.map((id) => id.slice(0, 18) + newId().slice(18));
  const bodies = events.map((id, n) =>
    JSON.stringify({
      id: toEventId(id),
      type: "run.completed",
      webhook_version: WEBHOOK_VERSION,
      environment: slug,
      created_at: new Date().toISOString(),
      data: { run: { run_id: newId(), n, text } },
    }),
  );
  await sql(
    `with event as (
      insert into webhook_event (org_id, id, environment_id, type, body) select $1, t.id, $2, 'run.completed', t.body from unnest($4::uuid[], $6::text[]) as t (id, body)
    ), delivery as (
      insert into webhook_delivery (org_id, endpoint_id, id, environment_id, event_id, event_type, next_attempt_at)
      select $1, $3, t.id, $2, t.event_id, 'run.completed', now() from unnest($5::uuid[], $4::uuid[]) as t (id, event_id)
    )
    insert into webhook_queue (org_id, endpoint_id, due_at) values ($1, $3, now())
    on conflict (org_id, endpoint_id) do update set due_at = least(webhook_queue.due_at, excluded.due_at)`,
    [orgId, environmentId, endpointId, events, ids, bodies],
  );
  return ids;
}

export type DeliveryState = {
  status: string;
  attempts: number;
  step: number;
  trigger: string;
  last_error: string | null;
  last_status_code: number | null;
  /** Until the next attempt. */
  due_in_ms: number | null;
};

/** What stands in the database about a delivery. */
export async function deliveryState(id: string): Promise<DeliveryState> {
  const [row] = await sql<DeliveryState>(
    `select status, attempts, step, trigger, last_error, last_status_code, (extract(epoch from next_attempt_at - now()) * 1000)::float8 as due_in_ms
     from webhook_delivery where id = $1`,
    [id],
  );
  return row!;
}

export type AttemptState = {
  number: number;
  trigger: string;
  url: string;
  status_code: number | null;
  error: string | null;
  error_message: string | null;
  request_headers: Record<string, string>;
  response_headers: Record<string, string> | null;
  response_body: Buffer | null;
  response_truncated: boolean;
  duration_ms: number;
};

/** A delivery's attempts, in their order. */
export async function attemptsOf(id: string): Promise<AttemptState[]> {
  return sql<AttemptState>(
    `select number, trigger, url, status_code, error, error_message, request_headers::json, response_headers::json, response_body, response_truncated,
       duration_ms
     from webhook_attempt where delivery_id = $1 order by number`,
    [id],
  );
}

/** Deliveries of this endpoint by status. */
export async function statusesOf({ id }: { id: string }): Promise<Record<string, number>> {
  const rows = await sql<{ status: string; count: number }>(
    "select status, count(*)::int as count from webhook_delivery where endpoint_id = $1 group by status",
    [id],
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}

/** Waits until so many attempts of the delivery are recorded. */
export async function attempted(id: string, count = 1): Promise<DeliveryState> {
  await until(`${count} attempts to be recorded`, async () => (await deliveryState(id)).attempts >= count);
  return deliveryState(id);
}

/** Waits until all of the endpoint's deliveries are DELIVERED. */
export async function allDelivered(endpoint: { id: string }, deadlineMs = 20_000): Promise<void> {
  await until("all to be delivered", async () => Object.keys(await statusesOf(endpoint)).join() === "DELIVERED", {
    deadlineMs,
  });
}

/** The ids of deliveries that a receiver has got, in their order. */
export const deliveriesAt = ({ received }: { received: readonly Received[] }): string[] =>
  received.map(({ headers }) => String(headers["x-nexio-delivery"]));

/** Bytes that are no text. */
export const noise = (length: number): Buffer =>
  Buffer.concat([Buffer.from([0xff, 0x00, 0xfe]), randomBytes(length - 3)]);
