/**
 * The worker's connections for the statements of execution, apart from the process's ordinary pool, because their settings differ.
 */
import { DatabaseError, Pool } from "pg";
import { isDatabaseAway } from "../db.ts";
import { env } from "../env.ts";
import { loggerFor } from "../logger.ts";

// These statements touch a handful of rows by index, always. Plans are made anew each time (about 1 ms) instead of being kept: one
// that was made while the tables were small would read them whole for as long as it is kept. The others of these keep a planner
// without statistics, as on the first day of a month's partition, from thinking of hash joins over everything.
const PLANNING =
  "set plan_cache_mode = force_custom_plan; set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off";

export type WorkerPools = {
  /** Claims: commits without waiting for the disk, because a lost claim is claimed again. */
  claim: Pool;
  /** Results, leases, hand-backs, heartbeat: durable as the server is configured. */
  record: Pool;
  close(): Promise<void>;
};

/** Opens the pools; connections are made when needed, two each at most. */
export function openWorkerPools(connectionString: string | undefined = env.DATABASE_URL): WorkerPools {
  const log = loggerFor("worker");
  const open = (settings: string) => {
    const pool = new Pool({
      connectionString,
      max: 2,
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 60_000,
      // A statement that hangs with its connection is given up; whatever it did is fenced.
      query_timeout: 60_000,
      keepAlive: true,
      application_name: "nexio-worker",
      onConnect: async (client) => {
        await client.query(settings);
      },
    });
    pool.on("error", (error) => log.warn({ err: error }, "an idle database connection was lost"));
    // A connection that is lost while lent out fails its statement; without a listener it would also end the process.
    pool.on("connect", (client) => client.on("error", () => {}));
    return pool;
  };
  const claim = open(`${PLANNING}; set synchronous_commit = off`);
  const record = open(PLANNING);
  return {
    claim,
    record,
    async close() {
      await Promise.all([claim.end(), record.end()]);
    },
  };
}

// 40001 serialization failure, 40P01 deadlock, 55P03 lock not available: the same statement may succeed next time.
const TRANSIENT = new Set(["40001", "40P01", "55P03"]);

/** Whether PostgreSQL itself refused the statement for what it says, so that sending it again is of no use. */
export function isStatementError(error: unknown): boolean {
  if (!(error instanceof DatabaseError) || error.code === undefined) return false;
  // 53 resources, 57 operator intervention, 58 system: about the server, not the statement
  return !TRANSIENT.has(error.code) && !/^(53|57|58)/.test(error.code) && !isDatabaseAway(error);
}
