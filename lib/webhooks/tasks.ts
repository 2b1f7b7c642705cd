/** Works off recoveries, chunk by chunk. */
import { isDatabaseAway, prisma, type Tx } from "../db.ts";
import type { WebhookRecoveryModel } from "../generated/prisma/models.ts";
import { loggerFor } from "../logger.ts";
import { SECOND_MS } from "../time.ts";
import { wakeWorkers } from "../wake.ts";
import { type ChunkSize, recoverSome } from "./recovery-service.ts";

/** Other background work waits for no longer than this, and a chunk. */
const ROUND_MS = 1_000;
/** A chunk that has failed is tried again so much later, so that others are not kept waiting by it. */
const AFTER_FAILURE_MS = 5 * SECOND_MS;

const log = loggerFor("webhook-recoveries");

type Took = (recovery: WebhookRecoveryModel) => void;

// The one whose last chunk is the longest ago goes first, so that recoveries take turns, whosesoever they are. Its row is held until the chunk
// is committed with how far it is: who is killed leaves both as they were.
async function workOnce(tx: Tx, took: Took, size?: ChunkSize): Promise<number | null> {
  const [next] = await tx.$queryRaw<{ org_id: string; id: string }[]>`
    select org_id, id from webhook_recovery where ended_at is null and next_chunk_at <= clock_timestamp()
    order by next_chunk_at limit 1 for update skip locked`;
  if (!next) return null;
  const recovery = await tx.webhookRecovery.findUniqueOrThrow({
    where: { orgId_id: { orgId: next.org_id, id: next.id } },
  });
  took(recovery);
  return (await recoverSome(tx, recovery, size)).recovered;
}

async function postpone({ orgId, id }: WebhookRecoveryModel): Promise<void> {
  const nextChunkAt = new Date(Date.now() + AFTER_FAILURE_MS);
  await prisma().webhookRecovery.updateMany({ where: { orgId, id }, data: { nextChunkAt } });
}

/**
 * Does chunks of the recoveries that are under way for about a second, each in a transaction of its own. Safe to be killed at any moment and to
 * run beside itself. Returns how many deliveries were put back.
 */
export async function workOffRecoveries({
  forMs = ROUND_MS,
  size,
}: { forMs?: number; size?: ChunkSize } = {}): Promise<number> {
  const until = Date.now() + forMs;
  let recovered = 0;
  for (;;) {
    let taken: WebhookRecoveryModel | undefined;
    try {
      const count = await prisma().$transaction((tx) => workOnce(tx, (recovery) => (taken = recovery), size));
      if (count === null) return recovered;
      if (count > 0) wakeWorkers();
      recovered += count;
    } catch (error) {
      if (!taken || isDatabaseAway(error)) throw error;
      log.warn({ err: error, recovery: taken.id }, "a chunk of a recovery failed");
      await postpone(taken);
    }
    if (Date.now() >= until) return recovered;
  }
}
