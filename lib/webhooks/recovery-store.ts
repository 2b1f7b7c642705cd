/**
 * Puts deliveries back that have failed: counted once, then chunk by chunk, oldest first. A chunk waits while the endpoint has much to send,
 * so that what happens now is not sent behind a hundred thousand old ones.
 */
import { Prisma } from "../generated/prisma/client.ts";
import type { WebhookRecoveryModel } from "../generated/prisma/models.ts";
import type { Tx } from "../db.ts";
import { CLOCK_SLACK_MS, idFloor } from "../runs/filter-store.ts";
import { enqueueEndpoint } from "./queue-store.ts";

export type RecoveryRange = Pick<WebhookRecoveryModel, "orgId" | "endpointId" | "since" | "until">;

/** What one look at a recovery did: put some back, found none left, or left it for later. */
export type RecoveryChunk = { recovered: number; position: string | null; state: "more" | "done" | "wait" };

/** The failed deliveries of the range. Ids bound what is read of the index, whatever the clocks of those who made them. */
const failedIn = ({ orgId, endpointId, since, until }: RecoveryRange) => Prisma.sql`
  org_id = ${orgId}::uuid and endpoint_id = ${endpointId}::uuid and status = 'FAILED'
  and id >= ${idFloor(since.getTime() - CLOCK_SLACK_MS)}::uuid and id < ${idFloor(until.getTime() + CLOCK_SLACK_MS)}::uuid
  and created_at >= ${since} and created_at < ${until}`;

/** The time by which deliveries are made. */
export async function databaseTime(tx: Tx): Promise<Date> {
  const [row] = await tx.$queryRaw<{ now: Date }[]>`select clock_timestamp() as now`;
  return row!.now;
}

/** How many deliveries of the range have failed. */
export async function countFailed(tx: Tx, range: RecoveryRange): Promise<number> {
  const [row] = await tx.$queryRaw<{ failed: number }[]>`
    select count(*)::int as failed from webhook_delivery where ${failedIn(range)}`;
  return row!.failed;
}

async function isBusy(tx: Tx, { orgId, endpointId }: RecoveryRange, maxDue: number): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ due: number }[]>`
    select count(*)::int as due from (
      select from webhook_delivery
      where org_id = ${orgId}::uuid and endpoint_id = ${endpointId}::uuid and next_attempt_at <= now() limit ${maxDue}
    ) some_due`;
  return row!.due >= maxDue;
}

/**
 * Puts up to `limit` deliveries back in the caller's transaction, which must hold the recovery's row. A disabled or deleted endpoint has none
 * put back any more. Rows are locked and changed in two statements: see lib/hot-path/claim.ts.
 */
export async function recoverChunk(
  tx: Tx,
  recovery: WebhookRecoveryModel,
  { limit, maxDue }: { limit: number; maxDue: number },
): Promise<RecoveryChunk> {
  const { orgId, endpointId, position } = recovery;
  const [endpoint] = await tx.$queryRaw<unknown[]>`
    select 1 from webhook_endpoint
    where org_id = ${orgId}::uuid and id = ${endpointId}::uuid and active and deleted_at is null for share`;
  if (!endpoint) return { recovered: 0, position, state: "done" };
  if (await isBusy(tx, recovery, maxDue)) return { recovered: 0, position, state: "wait" };
  const after = position === null ? Prisma.empty : Prisma.sql`and id > ${position}::uuid`;
  const failed = await tx.$queryRaw<{ id: string }[]>`
    select id from webhook_delivery where ${failedIn(recovery)} ${after} order by id limit ${limit} for update`;
  const last = failed.at(-1);
  if (!last) return { recovered: 0, position, state: "done" };
  const recovered = await tx.$executeRaw`
    update webhook_delivery set status = 'PENDING', step = 0, next_attempt_at = now(), trigger = 'recover'
    where org_id = ${orgId}::uuid and endpoint_id = ${endpointId}::uuid and id = any(${failed.map(({ id }) => id)}::uuid[])`;
  await enqueueEndpoint(tx, orgId, endpointId);
  return { recovered, position: last.id, state: failed.length < limit ? "done" : "more" };
}
