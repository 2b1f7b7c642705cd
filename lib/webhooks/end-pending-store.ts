/**
 * What was to be sent to an endpoint that is disabled or deleted: it ends, as FAILED with `endpoint_disabled`, so that it can be recovered, or as
 * CANCELED. There may be very many, so that it is done in chunks after the endpoint's own change, which also puts it into the queue: the worker
 * that takes it from there does what is left, whoever was killed.
 */
import { prisma } from "../db.ts";

// A statement ends this many deliveries: some ten milliseconds of locks.
const CHUNK = 1_000;

/** What a delivery becomes that is not sent, and why. */
const ENDS = {
  disabled: { status: "FAILED", error: "endpoint_disabled" },
  deleted: { status: "CANCELED", error: null },
} as const;

/**
 * Ends the pending deliveries of an endpoint that is disabled or deleted; of one that is neither none. Of those that were sent again after
 * they had ended, only the attempt that was to come is taken away. Rows that somebody else holds are passed over. Returns how many.
 * May be repeated.
 */
export async function endPendingDeliveries(orgId: string, endpointId: string): Promise<number> {
  for (let ended = 0; ;) {
    const count = await endChunk(orgId, endpointId);
    ended += count;
    if (count < CHUNK) return ended;
  }
}

// Locking and updating are two statements: see lib/hot-path/claim.ts on partitions looked up while rows are locked.
function endChunk(orgId: string, endpointId: string): Promise<number> {
  return prisma().$transaction(async (tx) => {
    // Held, so that nobody enables it in between.
    const [endpoint] = await tx.$queryRaw<{ end: keyof typeof ENDS | null }[]>`
      select case when deleted_at is not null then 'deleted' when not active then 'disabled' end as end
      from webhook_endpoint where org_id = ${orgId}::uuid and id = ${endpointId}::uuid for share`;
    if (!endpoint?.end) return 0;
    const pending = await tx.$queryRaw<{ id: string }[]>`
      select id from webhook_delivery
      where org_id = ${orgId}::uuid and endpoint_id = ${endpointId}::uuid and next_attempt_at is not null
      order by next_attempt_at, id limit ${CHUNK} for update skip locked`;
    if (pending.length === 0) return 0;
    const { status, error } = ENDS[endpoint.end];
    return tx.$executeRaw`
      update webhook_delivery set
        status = case when status = 'PENDING' then ${status}::webhook_delivery_status else status end,
        last_error = case when status = 'PENDING' then coalesce(${error}, last_error) else last_error end,
        next_attempt_at = null
      where org_id = ${orgId}::uuid and endpoint_id = ${endpointId}::uuid and id = any(${pending.map(({ id }) => id)}::uuid[])`;
  });
}
