/** Background work by name: when it is due, and what does it. Any worker may run a task; graphile-worker sees to it that one does. */
import type { Pool } from "pg";
import { workOffBulkOperations } from "../../bulk-operations/tasks.ts";
import { cancelPendingRunsOfDeletedEnvironments } from "../../environments/tasks.ts";
import { retentionPolicy } from "../../runs/retention-policy-service.ts";
import { workOffRecoveries } from "../../webhooks/tasks.ts";
import { purgeCallbacks } from "./callback-purge.ts";
import { purgeIdempotencyKeys } from "./idempotency-purge.ts";
import { ensurePartitions } from "./partitions.ts";
import { applyRetention } from "./retention.ts";
import { foldUsage } from "./usage-fold.ts";

/** When a task is due, beside at every start of a worker: by a crontab pattern (UTC), or so long after it last ended. */
export type Due = { cron: string } | { everyMs: number };

export type TaskDefinition = {
  due: Due;
  /** Must be safe to run at any time, twice, and beside itself. Returns what is worth a line in the log. */
  run: (pool: Pool) => Promise<Record<string, number>>;
};

// What ages is aged by the database's clock, which all processes share.
async function databaseTime(pool: Pool): Promise<Date> {
  return (await pool.query<{ now: Date }>("select now()")).rows[0]!.now;
}

export const TASKS = {
  "usage-fold": { due: { everyMs: 10_000 }, run: async (pool) => ({ folded: await foldUsage(pool) }) },
  "bulk-operations": { due: { everyMs: 1_000 }, run: async () => ({ canceled: await workOffBulkOperations() }) },
  "webhook-recoveries": { due: { everyMs: 1_000 }, run: async () => ({ recovered: await workOffRecoveries() }) },
  "deleted-environments": {
    due: { everyMs: 5_000 },
    run: async () => ({ canceled: await cancelPendingRunsOfDeletedEnvironments() }),
  },
  "idempotency-purge": {
    due: { cron: "*/10 * * * *" },
    run: async (pool) => ({ purged: await purgeIdempotencyKeys(pool) }),
  },
  "callback-purge": {
    due: { cron: "5 * * * *" },
    run: async (pool) => ({ purged: await purgeCallbacks(pool) }),
  },
  "partitions-ensure": {
    due: { cron: "17 * * * *" },
    run: async (pool) => ({ made: await ensurePartitions(pool, await databaseTime(pool)) }),
  },
  retention: {
    due: { everyMs: 60_000 },
    run: async (pool) => applyRetention(pool, retentionPolicy(), await databaseTime(pool)),
  },
} as const satisfies Record<string, TaskDefinition>;
