/** Works off recoveries, chunk by chunk. */
import { prisma, type Tx } from "../db.ts";
import { wakeWorkers } from "../wake.ts";
import { type ChunkSize, recoverSome } from "./recovery-service.ts";

/** Other background work waits for no longer than this, and a chunk. */
const ROUND_MS = 1_000;

// The one whose last chunk is the longest ago goes first, so that recoveries take turns, whosesoever they are. Its row is held until the chunk
// is committed with how far it is: who is killed leaves both as they were.
async function workOnce(tx: Tx, size?: ChunkSize): Promise<number | null> {
  const [next] = await tx.$queryRaw<{ org_id: string; id: string }[]>`
    select org_id, id from webhook_recovery where ended_at is null and next_chunk_at <= now()
    order by next_chunk_at limit 1 for update skip locked`;
  if (!next) return null;
  const where = { orgId_id: { orgId: next.org_id, id: next.id } };
  return (await recoverSome(tx, await tx.webhookRecovery.findUniqueOrThrow({ where }), size)).recovered;
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
  for (let recovered = 0; ;) {
    const count = await prisma().$transaction((tx) => workOnce(tx, size));
    if (count) wakeWorkers();
    recovered += count ?? 0;
    if (count === null || Date.now() >= until) return recovered;
  }
}
