/** What the deliverer finds out about endpoints: since when every attempt has failed, and that one is to be disabled. */
import * as audit from "../audit/service.ts";
import type { PoolClient } from "pg";
import { uuidArray } from "../binary-array.ts";
import { prisma } from "../db.ts";
import { newRequestId } from "../ids.ts";
import { FAILING_LIMIT_MS } from "./retry-delay.ts";
import { targetOf } from "./service.ts";

/** `gone`: its receiver has answered 410. `failing`: every attempt has failed for five days. */
export type DisablingReason = "gone" | "failing";

type Endpoint = { orgId: string; endpointId: string };

/** Says that the attempts of each fail from now on, in the transaction that records them, as markHealthy does; `aheadMs` as in ownership-store.ts. */
export async function markFailing(
  client: PoolClient,
  orgId: string,
  endpointIds: readonly string[],
  { aheadMs }: { aheadMs: number },
): Promise<void> {
  await client.query(
    `update webhook_endpoint set failing_since = now() + $3 * interval '1 millisecond'
     where org_id = $1 and id = any ($2::uuid[]) and deleted_at is null and failing_since is null`,
    [orgId, uuidArray(endpointIds), aheadMs],
  );
}

/**
 * Says that an attempt of each has succeeded, in the transaction that records it: an endpoint whose last attempt has succeeded must not be disabled
 * for those before, whoever dies when. To be called before the deliveries are held, as whoever changes both does it.
 */
export async function markHealthy(client: PoolClient, orgId: string, endpointIds: readonly string[]): Promise<void> {
  await client.query(
    "update webhook_endpoint set failing_since = null where org_id = $1 and id = any ($2::uuid[]) and failing_since is not null",
    [orgId, uuidArray(endpointIds)],
  );
}

/** Who keeps the endpoint locked is not waited for any longer. */
const LOCK_TIMEOUT_MS = 1_000;

/**
 * Disables an endpoint; its owner ends what is pending when it reads it the next time. Nothing happens where it is disabled or deleted already or
 * has got another URL than that which was sent to; nor, for `failing`, where an attempt has succeeded meanwhile. Returns whether it did. Rejects
 * where somebody keeps it locked.
 */
export async function disableEndpoint(
  { orgId, endpointId }: Endpoint,
  { reason, url, aheadMs }: { reason: DisablingReason; url: string; aheadMs: number },
): Promise<boolean> {
  return prisma().$transaction(async (tx) => {
    await tx.$executeRaw`select set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true)`;
    const rows = await tx.$queryRaw<unknown[]>`
      update webhook_endpoint set active = false, disabled_reason = ${reason}::webhook_disabled_reason, disabled_at = now(), updated_at = now()
      where org_id = ${orgId}::uuid and id = ${endpointId}::uuid and active and deleted_at is null and url = ${url}
        and (${reason} <> 'failing' or failing_since <= now() + ${aheadMs - FAILING_LIMIT_MS}::float8 * interval '1 millisecond')
      returning 1`;
    if (rows.length === 0) return false;
    const scope = {
      orgId,
      principal: { kind: "system" as const, name: "webhooks" },
      request: { requestId: newRequestId(), ip: null, userAgent: null },
    };
    const target = targetOf({ id: endpointId, url });
    await audit.record(tx, scope, { action: "webhook.disable", target, details: { reason } });
    return true;
  });
}
