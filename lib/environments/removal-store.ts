/**
 * What ends with an environment, written against the tables themselves: the features that own them stand above this one, and an
 * environment's end must not depend on which of them a process has loaded.
 */
import { pool, prisma, type Tx } from "../db.ts";

// A statement cancels this many runs, or deliveries: a few milliseconds of locks, however many wait.
const CHUNK = 1_000;

type CancelChunk = (orgId: string, environmentId: string) => Promise<number>;

async function inChunks(cancelChunk: CancelChunk, orgId: string, environmentId: string): Promise<number> {
  for (let canceled = 0; ;) {
    const count = await cancelChunk(orgId, environmentId);
    canceled += count;
    if (count < CHUNK) return canceled;
  }
}

/** Revokes every key of the environment that still works. Returns how many. */
export async function revokeKeysOfEnvironment(tx: Tx, orgId: string, environmentId: string): Promise<number> {
  return tx.$executeRaw`
    update api_key set revoked_at = now()
    where org_id = ${orgId}::uuid and environment_id = ${environmentId}::uuid and revoked_at is null`;
}

/**
 * Deletes the environment's webhook endpoints with their secrets: from the commit on nothing is written for them. Their history stays. They are put
 * into the queue of deliveries, where a worker cancels what is left to be sent. Returns how many.
 */
export async function removeEndpointsOfEnvironment(tx: Tx, orgId: string, environmentId: string): Promise<number> {
  const removed = await tx.$queryRaw<{ id: string }[]>`
    update webhook_endpoint set deleted_at = now(), updated_at = now(), auth_token = null
    where org_id = ${orgId}::uuid and environment_id = ${environmentId}::uuid and deleted_at is null
    returning id`;
  const ids = removed.map(({ id }) => id);
  await tx.$executeRaw`delete from webhook_secret where org_id = ${orgId}::uuid and endpoint_id = any(${ids}::uuid[])`;
  await tx.$executeRaw`
    insert into webhook_queue (org_id, endpoint_id, due_at)
    select ${orgId}::uuid, endpoint_id, now() from unnest(${ids}::uuid[]) as endpoint_id order by endpoint_id
    on conflict (org_id, endpoint_id) do update set due_at = excluded.due_at where webhook_queue.due_at > excluded.due_at`;
  return ids.length;
}

/**
 * Cancels the environment's waiting runs, chunk by chunk, each in a transaction of its own. Rows that somebody else holds are skipped: a
 * worker has just taken them, or another process cancels them. Returns how many. May be repeated.
 *
 * Locking and updating are two statements on purpose: see lib/hot-path/claim.ts on partitions looked up while rows are locked.
 */
export function cancelPendingRuns(orgId: string, environmentId: string): Promise<number> {
  return inChunks(cancelRuns, orgId, environmentId);
}

function cancelRuns(orgId: string, environmentId: string): Promise<number> {
  return prisma().$transaction(async (tx) => {
    const waiting = await tx.$queryRaw<{ id: string }[]>`
      select id from run
      where org_id = ${orgId}::uuid and environment_id = ${environmentId}::uuid and status = 'PENDING'
      order by created_at, id limit ${CHUNK}
      for update skip locked`;
    if (waiting.length === 0) return 0;
    return tx.$executeRaw`
      update run set status = 'CANCELED', completed_at = now()
      where org_id = ${orgId}::uuid and id = any(${waiting.map((run) => run.id)}::uuid[])`;
  });
}

/**
 * As cancelPendingRuns, for what was to be sent to the environment's webhook endpoints. What the end of a run writes in the same moment is met by
 * the worker that takes the endpoint from the queue.
 */
export function cancelPendingDeliveries(orgId: string, environmentId: string): Promise<number> {
  return inChunks(cancelDeliveries, orgId, environmentId);
}

function cancelDeliveries(orgId: string, environmentId: string): Promise<number> {
  return prisma().$transaction(async (tx) => {
    const pending = await tx.$queryRaw<{ endpoint_id: string; id: string }[]>`
      select endpoint_id, id from webhook_delivery
      where org_id = ${orgId}::uuid and next_attempt_at is not null and endpoint_id in (
        select id from webhook_endpoint
        where org_id = ${orgId}::uuid and environment_id = ${environmentId}::uuid and deleted_at is not null
      )
      limit ${CHUNK}
      for update skip locked`;
    if (pending.length === 0) return 0;
    // One that is sent again after it had ended stays what it was.
    return tx.$executeRaw`
      update webhook_delivery set next_attempt_at = null,
        status = case when status = 'PENDING' then 'CANCELED' else status end
      where org_id = ${orgId}::uuid and endpoint_id = any(${pending.map((row) => row.endpoint_id)}::uuid[])
        and id = any(${pending.map((row) => row.id)}::uuid[])`;
  });
}

/** Deleted environments that still have waiting runs: one look into the partial index of waiting runs for each. */
export async function deletedEnvironmentsWithPendingRuns(): Promise<{ orgId: string; environmentId: string }[]> {
  const { rows } = await pool().query<{ org_id: string; id: string }>(`
    select org_id, id from environment
    where deleted_at is not null and exists (
      select from run where run.org_id = environment.org_id and run.environment_id = environment.id and run.status = 'PENDING'
    )`);
  return rows.map((row) => ({ orgId: row.org_id, environmentId: row.id }));
}
