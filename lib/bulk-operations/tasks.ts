/** Works off bulk operations, chunk by chunk. */
import { isDatabaseAway, prisma, type Tx } from "../db.ts";
import { loggerFor } from "../logger.ts";
import type { BulkOperationModel } from "../generated/prisma/models.ts";
import { cancelChunk, type ChunkSize } from "./cancel-store.ts";

/** A few milliseconds of locks, and some hundredths of a second. */
const CHUNK: ChunkSize = { canceled: 500, looked: 20_000 };
/** Other background work waits for no longer than this, and a chunk. */
const ROUND_MS = 1_000;
const MAX_FAILURES = 8;

const log = loggerFor("bulk-operations");

type Result = { worked: boolean; canceled: number };

// The one whose last chunk is the longest ago goes first, so that operations take turns, whosesoever they are. Its row is held until the
// chunk is committed with its counts: nobody else works on it, and who is killed leaves chunk and counts as they were.
async function takeNext(tx: Tx): Promise<{ operation: BulkOperationModel; now: Date } | null> {
  const [next] = await tx.$queryRaw<{ org_id: string; id: string; now: Date }[]>`
    select org_id, id, date_trunc('milliseconds', clock_timestamp()) as now from bulk_operation
    where status in ('queued', 'running') and next_chunk_at <= clock_timestamp()
    order by next_chunk_at limit 1 for update skip locked`;
  if (!next) return null;
  const where = { orgId_id: { orgId: next.org_id, id: next.id } };
  return { operation: await tx.bulkOperation.findUniqueOrThrow({ where }), now: next.now };
}

async function workOnce(tx: Tx, chunk: ChunkSize, took: (operation: BulkOperationModel) => void): Promise<Result> {
  const taken = await takeNext(tx);
  if (!taken) return { worked: false, canceled: 0 };
  const { operation, now } = taken;
  took(operation);
  const { matched, succeeded, position, done } = await cancelChunk(tx, operation, chunk);
  await tx.bulkOperation.update({
    where: { orgId_id: { orgId: operation.orgId, id: operation.id } },
    data: {
      status: done ? "completed" : matched === null ? "queued" : "running",
      position,
      // A run that came back into the filter after the count was one more.
      matched: matched === null ? null : Math.max(matched, succeeded),
      succeeded,
      skipped: done ? Math.max((matched ?? 0) - succeeded, 0) : 0,
      failures: 0,
      nextChunkAt: now,
      ...(operation.startedAt ? {} : { startedAt: now }),
      ...(done ? { endedAt: now } : {}),
    },
  });
  return { worked: true, canceled: succeeded - operation.succeeded };
}

/** Tried again after 1, 2, 4 … seconds; the eighth failure in a row ends it. */
async function noteFailure(operation: BulkOperationModel): Promise<void> {
  const failures = operation.failures + 1;
  const { orgId, id } = operation;
  await prisma().bulkOperation.updateMany({
    where: { orgId, id, status: { in: ["queued", "running"] } },
    data:
      failures >= MAX_FAILURES
        ? { failures, status: "failed", endedAt: new Date() }
        : { failures, nextChunkAt: new Date(Date.now() + 500 * 2 ** failures) },
  });
}

/**
 * Does chunks of the operations that are under way for about a second, each in a transaction with its counts. Safe to be killed at any
 * moment and to run beside itself. Returns how many runs were canceled.
 */
export async function workOffBulkOperations({
  chunk,
  forMs = ROUND_MS,
}: { chunk?: Partial<ChunkSize>; forMs?: number } = {}): Promise<number> {
  const size = { ...CHUNK, ...chunk };
  const until = Date.now() + forMs;
  let canceled = 0;
  for (;;) {
    let taken: BulkOperationModel | undefined;
    try {
      const result = await prisma().$transaction((tx) => workOnce(tx, size, (operation) => (taken = operation)));
      canceled += result.canceled;
      if (!result.worked) return canceled;
    } catch (error) {
      if (!taken || isDatabaseAway(error)) throw error;
      log.warn({ err: error, bulk_operation: taken.id }, "a chunk of a bulk operation failed");
      await noteFailure(taken);
    }
    if (Date.now() >= until) return canceled;
  }
}
