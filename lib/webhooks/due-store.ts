/**
 * The second level of the queue: what an endpoint has to send now, read by the worker that owns the endpoint. Nothing is locked or changed by
 * reading, so that what was read may be dropped again; together with it comes what the endpoint is at that moment.
 */
import type { Pool, PoolClient } from "pg";
import { int4Array, uuidArray } from "../binary-array.ts";
import type { WebhookAttemptTrigger } from "../generated/prisma/enums.ts";

/** A delivery that is due. */
export type DueDelivery = {
  id: string;
  eventId: string;
  eventType: string;
  /** The event as JSON text; null: retention has removed it. */
  body: string | null;
  /** Recorded attempts, and used steps of the schedule. */
  attempts: number;
  step: number;
  trigger: WebhookAttemptTrigger;
  /** When it was due, as PostgreSQL writes it: together with `attempts` it says which attempt this is. */
  dueAt: string;
};

/** What an endpoint is now, as the statement tells it. `authToken` is sealed. */
export type EndpointNow = {
  environmentId: string;
  url: string;
  /** Neither disabled nor deleted. */
  isOpen: boolean;
  /** For how long every attempt has failed, in milliseconds; null where the last one has not. */
  failingForMs: number | null;
  authToken: string | null;
  /** Those that sign now, the current one first. */
  secrets: readonly { id: string; sealed: string }[];
};

/** What was read of one endpoint; `endpoint` is null where it does not exist. `hasMore`: it had more to send than was asked for. */
export type Reading = { endpoint: EndpointNow | null; deliveries: DueDelivery[]; hasMore: boolean };

/** What to read: at most so many deliveries and, after the first, bytes of bodies of each endpoint. */
export type ReadRequest = {
  endpoints: readonly { endpointId: string; limit: number }[];
  maxBytes: number;
  /** Deliveries that are passed over: they are being sent. */
  except: readonly string[];
  aheadMs: number;
};

// What an endpoint is stands in its first row, which costs less than a second round trip. octet_length of a toasted text reads its header only.
const READ_DUE = `
with wanted as (
  select * from unnest($2::uuid[], $3::int[]) as t (endpoint_id, most)
)
select wanted.endpoint_id, case when due.n is null or due.n = 1 then endpoint_now.text end as endpoint,
  due.id, due.event_id, due.event_type, due.body, due.attempts, due.step, due.trigger, due.next_attempt_at::text as due_at
from wanted
join webhook_endpoint endpoint on endpoint.org_id = $1 and endpoint.id = wanted.endpoint_id
cross join lateral (
  select json_build_object(
    'environmentId', endpoint.environment_id, 'url', endpoint.url, 'isOpen', endpoint.active and endpoint.deleted_at is null,
    'failingForMs', extract(epoch from now() + $6 * interval '1 millisecond' - endpoint.failing_since) * 1000,
    'authToken', endpoint.auth_token,
    'secrets', coalesce(json_agg(json_build_object('id', id, 'sealed', sealed) order by id desc), '[]')
  )::text as text from webhook_secret
  where org_id = $1 and endpoint_id = wanted.endpoint_id and (expires_at is null or expires_at > now())
) endpoint_now
left join lateral (
  select found.*, event.body, row_number() over (order by found.next_attempt_at, found.id) as n,
    sum(coalesce(octet_length(event.body), 0)) over (order by found.next_attempt_at, found.id) - coalesce(octet_length(event.body), 0) as bytes_before
  from (
    select id, event_id, event_type, attempts, step, trigger, next_attempt_at from webhook_delivery
    where org_id = $1 and endpoint_id = wanted.endpoint_id and next_attempt_at <= now() + $6 * interval '1 millisecond' and id <> all ($5::uuid[])
    order by next_attempt_at, id limit wanted.most
  ) found
  left join webhook_event event on event.org_id = $1 and event.id = found.event_id
) due on due.bytes_before < $4
order by wanted.endpoint_id, due.next_attempt_at, due.id`;

type Row = {
  endpoint_id: string;
  /** JSON text of an EndpointNow. */
  endpoint: string | null;
  id: string | null;
  event_id: string;
  event_type: string;
  body: string | null;
  attempts: number;
  step: number;
  trigger: WebhookAttemptTrigger;
  due_at: string;
};

/** Reads what endpoints of one organization have to send, the longest due first, by endpoint. The caller owns them. */
export async function readDue(pool: Pool, orgId: string, request: ReadRequest): Promise<Map<string, Reading>> {
  const { endpoints, maxBytes, except, aheadMs } = request;
  const { rows } = await pool.query<Row>({
    name: "read-due-deliveries",
    text: READ_DUE,
    values: [
      orgId,
      uuidArray(endpoints.map((one) => one.endpointId)),
      int4Array(endpoints.map((one) => one.limit)),
      maxBytes,
      uuidArray(except),
      aheadMs,
    ],
  });
  const byEndpoint = Map.groupBy(rows, (row) => row.endpoint_id);
  return new Map(
    endpoints.map(({ endpointId, limit }) => [
      endpointId,
      toReading(byEndpoint.get(endpointId) ?? [], limit, maxBytes),
    ]),
  );
}

function toReading(rows: readonly Row[], limit: number, maxBytes: number): Reading {
  const [first] = rows;
  if (!first) return { endpoint: null, deliveries: [], hasMore: false };
  const deliveries = first.id === null ? [] : rows.map(toDelivery);
  const bytes = deliveries.reduce((sum, { body }) => sum + Buffer.byteLength(body ?? ""), 0);
  return {
    endpoint: JSON.parse(first.endpoint!) as EndpointNow,
    deliveries,
    hasMore: deliveries.length >= limit || bytes >= maxBytes,
  };
}

function toDelivery(row: Row): DueDelivery {
  return {
    id: row.id!,
    eventId: row.event_id,
    eventType: row.event_type,
    body: row.body,
    attempts: row.attempts,
    step: row.step,
    trigger: row.trigger,
    dueAt: row.due_at,
  };
}

// What somebody holds is changed by them; it is met again.
const LOCK_DUE = `
select id from webhook_delivery
where org_id = $1 and endpoint_id = $2 and id = any ($3::uuid[]) and next_attempt_at is not null order by id for update skip locked`;

const END = `
update webhook_delivery set
  status = case when status = 'PENDING' then 'FAILED' else status end, next_attempt_at = null,
  last_error = case when status = 'PENDING' then 'event_gone' else last_error end
where org_id = $1 and endpoint_id = $2 and id = any ($3::uuid[])`;

/** Ends deliveries whose event is gone, in one transaction: there is nothing to send. */
export async function endWithoutEvent(
  client: PoolClient,
  orgId: string,
  endpointId: string,
  deliveryIds: readonly string[],
): Promise<void> {
  const locked = await client.query<{ id: string }>(LOCK_DUE, [orgId, endpointId, uuidArray(deliveryIds)]);
  await client.query(END, [orgId, endpointId, uuidArray(locked.rows.map((row) => row.id))]);
}
