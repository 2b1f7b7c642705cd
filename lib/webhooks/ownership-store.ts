/**
 * The first level of the queue: endpoints that have something to send, and which worker sends it. A worker owns an endpoint by a lease, and what
 * it owns it sends without locking or claiming single deliveries.
 *
 * A statement that makes a delivery due holds the endpoint's row until it commits (queue-store.ts). A worker that lets an endpoint go locks
 * the row first and looks for due deliveries in a second statement, which therefore sees all that was committed until then: no endpoint is left
 * that has something to send. All times are PostgreSQL's; `aheadMs` is how far the deliveries' clock is ahead of it, for tests.
 */
import type { Pool, PoolClient } from "pg";
import { uuidArray } from "../binary-array.ts";

export type QueuedEndpoint = { orgId: string; endpointId: string };

/** Whose lease, and how long it lasts. */
export type Lease = { leaseId: string; leaseMs: number };

const NOW = (aheadMs: string) => `now() + ${aheadMs} * interval '1 millisecond'`;
const IS_FREE = "(lease_id is null or lease_expires_at < now())";

const LIST_DUE = `
select org_id, endpoint_id from webhook_queue where due_at <= ${NOW("$1")} and ${IS_FREE} and org_id <> all ($3::uuid[])
order by due_at limit $2`;

/** Endpoints that have something to send and that nobody owns, but of these organizations; by organization, the longest due first. Reads across
 * organizations. */
export async function listDueEndpoints(
  pool: Pool,
  limit: number,
  aheadMs: number,
  exceptOrgIds: readonly string[] = [],
): Promise<Map<string, string[]>> {
  const { rows } = await pool.query<{ org_id: string; endpoint_id: string }>({
    name: "list-due-endpoints",
    text: LIST_DUE,
    values: [aheadMs, limit, uuidArray(exceptOrgIds)],
  });
  const byOrg = Map.groupBy(rows, (row) => row.org_id);
  return new Map([...byOrg].map(([orgId, due]) => [orgId, due.map((row) => row.endpoint_id)]));
}

// What a statement that makes deliveries due holds may be taken: that is no reason to wait.
const TAKE = `
with free as (
  select endpoint_id from webhook_queue
  where org_id = $1 and endpoint_id = any ($2::uuid[]) and due_at <= ${NOW("$5")} and ${IS_FREE}
  order by endpoint_id for no key update skip locked
)
update webhook_queue queue set lease_id = $3, lease_expires_at = now() + $4 * interval '1 millisecond'
from free where queue.org_id = $1 and queue.endpoint_id = free.endpoint_id
returning queue.endpoint_id`;

/** Takes those of one organization's endpoints that are still due and free. Returns them. */
export async function takeEndpoints(
  pool: Pool,
  orgId: string,
  endpointIds: readonly string[],
  { leaseId, leaseMs }: Lease,
  aheadMs: number,
): Promise<string[]> {
  const values = [orgId, uuidArray(endpointIds), leaseId, leaseMs, aheadMs];
  const { rows } = await pool.query<{ endpoint_id: string }>({ name: "take-endpoints", text: TAKE, values });
  return rows.map((row) => row.endpoint_id);
}

const RENEW = `
update webhook_queue set lease_expires_at = now() + $4 * interval '1 millisecond'
where org_id = $1 and endpoint_id = any ($2::uuid[]) and lease_id = $3
returning endpoint_id`;

/** Extends leases. Returns the endpoints that are still this owner's. */
export async function renewEndpoints(
  pool: Pool,
  orgId: string,
  endpointIds: readonly string[],
  { leaseId, leaseMs }: Lease,
): Promise<Set<string>> {
  const values = [orgId, uuidArray(endpointIds), leaseId, leaseMs];
  const { rows } = await pool.query<{ endpoint_id: string }>({ name: "renew-endpoints", text: RENEW, values });
  return new Set(rows.map((row) => row.endpoint_id));
}

// What a statement that makes a delivery due holds stays this owner's.
const LOCK_OWNED = `
select endpoint_id from webhook_queue where org_id = $1 and endpoint_id = any ($2::uuid[]) and lease_id = $3
order by endpoint_id for update skip locked`;

const LET_GO = `
with owned as (
  select endpoint_id, (
    select next_attempt_at from webhook_delivery delivery
    where delivery.org_id = $1 and delivery.endpoint_id = locked.endpoint_id and next_attempt_at is not null
    order by next_attempt_at limit 1
  ) as next_at
  from unnest($2::uuid[]) as locked (endpoint_id)
), deleted as (
  delete from webhook_queue queue using owned
  where queue.org_id = $1 and queue.endpoint_id = owned.endpoint_id and owned.next_at is null
  returning queue.endpoint_id
), postponed as (
  update webhook_queue queue set due_at = owned.next_at, lease_id = null, lease_expires_at = null from owned
  where queue.org_id = $1 and queue.endpoint_id = owned.endpoint_id and owned.next_at > ${NOW("$3")}
  returning queue.endpoint_id
)
select endpoint_id from deleted union all select endpoint_id from postponed`;

/**
 * Lets endpoints go that have nothing to send now: until their next attempt, or for good. Returns those that were let go; the others have
 * something to send, or are about to.
 */
export async function letEndpointsGo(
  client: PoolClient,
  orgId: string,
  endpointIds: readonly string[],
  leaseId: string,
  aheadMs: number,
): Promise<string[]> {
  const locked = await client.query<{ endpoint_id: string }>({
    name: "lock-owned-endpoints",
    text: LOCK_OWNED,
    values: [orgId, uuidArray(endpointIds), leaseId],
  });
  if (locked.rows.length === 0) return [];
  const lockedIds = uuidArray(locked.rows.map((row) => row.endpoint_id));
  const values = [orgId, lockedIds, aheadMs];
  const { rows } = await client.query<{ endpoint_id: string }>({ name: "let-endpoints-go", text: LET_GO, values });
  return rows.map((row) => row.endpoint_id);
}

const HAND_BACK = `
update webhook_queue set lease_id = null, lease_expires_at = null
where org_id = $1 and endpoint_id = any ($2::uuid[]) and lease_id = $3`;

/** Gives endpoints back as they are, so that another worker may take them at once. */
export async function handBackEndpoints(
  pool: Pool,
  orgId: string,
  endpointIds: readonly string[],
  leaseId: string,
): Promise<void> {
  await pool.query({ name: "hand-back-endpoints", text: HAND_BACK, values: [orgId, uuidArray(endpointIds), leaseId] });
}

// One probe an endpoint of the index of what is due. Colocated by org_id, so that it also runs on distributed tables.
const LIST_STRANDED = `
with looked_at as (
  select org_id, id from webhook_endpoint where (org_id, id) > ($1, $2) order by org_id, id limit $3
)
select org_id, id as endpoint_id,
  not exists (select from webhook_queue queue where queue.org_id = e.org_id and queue.endpoint_id = e.id)
  and exists (
    select from webhook_delivery delivery
    where delivery.org_id = e.org_id and delivery.endpoint_id = e.id and delivery.next_attempt_at < ${NOW("$4")}
  ) as stranded
from looked_at e order by org_id, id`;

/** The next endpoints after this one, and whether they have something to send that the queue does not know of. Reads across organizations. */
export async function listStrandedEndpoints(
  pool: Pool,
  after: QueuedEndpoint,
  limit: number,
  aheadMs: number,
): Promise<(QueuedEndpoint & { isStranded: boolean })[]> {
  const { rows } = await pool.query<{ org_id: string; endpoint_id: string; stranded: boolean }>({
    name: "list-stranded-endpoints",
    text: LIST_STRANDED,
    values: [after.orgId, after.endpointId, limit, aheadMs],
  });
  return rows.map((row) => ({ orgId: row.org_id, endpointId: row.endpoint_id, isStranded: row.stranded }));
}

/** Puts an endpoint into the queue if it is not there. */
export async function queueStranded(pool: Pool, { orgId, endpointId }: QueuedEndpoint): Promise<boolean> {
  const { rowCount } = await pool.query(
    "insert into webhook_queue (org_id, endpoint_id, due_at) values ($1, $2, now()) on conflict do nothing",
    [orgId, endpointId],
  );
  return rowCount === 1;
}
