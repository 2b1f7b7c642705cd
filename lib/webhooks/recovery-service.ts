/**
 * Recovering: everything that an endpoint failed to get since a time is sent again, with the whole schedule before it. What is asked for is a
 * row; the first chunk is put back with it, workers do the others (tasks.ts), so that it goes on whoever is killed.
 */
import * as audit from "../audit/service.ts";
import { requirePermission } from "../auth/principal.ts";
import { prisma, type Tx } from "../db.ts";
import { ApiError, invalidField } from "../errors.ts";
import type { WebhookRecoveryModel } from "../generated/prisma/models.ts";
import { newId } from "../ids.ts";
import { wakeWorkers } from "../wake.ts";
import { lockEndpoint, requireEndpoint, type Within } from "./endpoint-store.ts";
import { countFailed, databaseTime, recoverChunk, type RecoveryChunk } from "./recovery-store.ts";
import type { Recover, Recovering } from "./schema.ts";
import { targetOf } from "./service.ts";

/** Deliveries of one chunk: some ten milliseconds of locks. */
const CHUNK = 1_000;
/** While an endpoint has so many due, no more are put back. */
const MAX_DUE = 2_000;
/** How soon one that has waited for that is looked at again. */
const LOOK_AGAIN_MS = 200;

export type ChunkSize = { limit: number; maxDue: number };
const CHUNK_SIZE: ChunkSize = { limit: CHUNK, maxDue: MAX_DUE };

/** Puts one chunk back and notes how far it is, in the caller's transaction, which holds the recovery's row. */
export async function recoverSome(
  tx: Tx,
  recovery: WebhookRecoveryModel,
  size: ChunkSize = CHUNK_SIZE,
): Promise<RecoveryChunk> {
  const chunk = await recoverChunk(tx, recovery, size);
  await tx.webhookRecovery.update({
    where: { orgId_id: { orgId: recovery.orgId, id: recovery.id } },
    data: {
      position: chunk.position,
      recovered: { increment: chunk.recovered },
      nextChunkAt: new Date(Date.now() + (chunk.state === "wait" ? LOOK_AGAIN_MS : 0)),
      ...(chunk.state === "done" ? { endedAt: new Date() } : {}),
    },
  });
  return chunk;
}

/**
 * Sends again what has failed since a time, and before another or now. Returns how many deliveries that is; they follow each other while the
 * endpoint takes them. Throws 404, 400 for times in the wrong order, and 409 `conflict` where the endpoint is disabled, or is being recovered.
 */
export async function recoverEndpoint(scope: Within, endpointId: string, input: Recover): Promise<Recovering> {
  requirePermission(scope, "webhooks:manage");
  const { active } = await requireEndpoint(scope, endpointId);
  const since = new Date(input.since);
  if (input.until !== undefined && new Date(input.until) <= since)
    throw invalidField("until", "must be later than since");
  refuseDisabled({ active });
  const { orgId } = scope;
  const until = input.until === undefined ? await databaseTime(prisma()) : new Date(input.until);
  const range = { orgId, endpointId, since, until };
  // Counting may take a moment, and recording waits for whoever holds the endpoint.
  const matched = await countFailed(prisma(), range);
  const recovering = await prisma().$transaction(async (tx) => {
    const endpoint = await lockEndpoint(tx, orgId, endpointId);
    refuseDisabled(endpoint);
    const open = await tx.webhookRecovery.findFirst({ where: { orgId, endpointId, endedAt: null } });
    if (open) throw new ApiError("conflict", "The webhook is being recovered: wait until that has ended");
    const data = { ...range, id: newId(), matched };
    const chunk = matched === 0 ? null : await recoverSome(tx, await tx.webhookRecovery.create({ data }));
    await audit.record(tx, scope, {
      action: "webhook.recover",
      target: targetOf(endpoint),
      details: { since: since.toISOString(), until: until.toISOString(), matched },
    });
    // Somebody else may have put some back since they were counted.
    return chunk?.state === "done" ? chunk.recovered : matched;
  });
  if (recovering > 0) wakeWorkers();
  return { recovering };
}

function refuseDisabled({ active }: { active: boolean }): void {
  if (!active) throw new ApiError("conflict", "The webhook is disabled: enable it first");
}
