/**
 * The worker's connections for the statements of execution, apart from the process's ordinary pool, because their settings differ.
 */
import { DatabaseError, Pool } from "pg";
import { env } from "../env.ts";
import { loggerFor } from "../logger.ts";

// These statements touch a few hundred rows by their ids, always, and join them with each other. Plans are made anew each time (half a
// millisecond) instead of being kept: one that was made while the tables were small would read them whole for as long as it is kept,
// and only with the ids at hand does it name the partitions (see lib/hot-path/claim.ts). The rest keeps a planner without
// statistics, as on the first day of a month's partition, from reading tables whole, from joining every row with every row, and from
// locking rows in another order than that of the index.
const PLANNING = [
  "set plan_cache_mode = force_custom_plan",
  ...["seqscan", "bitmapscan", "nestloop", "mergejoin"].map((kind) => `set enable_${kind} = off`),
].join("; ");

// What deliveries are read by follows indexes from endpoint to delivery to event, always, over however many partitions: planned once.
const FOLLOWING = [
  "set plan_cache_mode = force_generic_plan",
  ...["seqscan", "bitmapscan", "hashjoin", "mergejoin"].map((kind) => `set enable_${kind} = off`),
].join("; ");

export type WorkerPools = {
  /** Claims: commits without waiting for the disk, because a lost claim is claimed again. */
  claim: Pool;
  /** Results, hand-backs, heartbeat: durable as the server is configured. */
  record: Pool;
  /** Attempts of deliveries: likewise, and what waits for somebody's lock is given up soon. */
  attempts: Pool;
  /** Leases and the sweep: likewise, but beside what waits for those, and what waits for somebody's lock is given up soon. */
  upkeep: Pool;
  /** Which endpoints have something to send, and what: commits as claims do, and gives up what waits for somebody's lock soon. */
  deliver: Pool;
  close(): Promise<void>;
};

// A row that somebody keeps locked costs its organization a renewal or a while, not everybody else their leases and their turn.
const LOCK_TIMEOUT_MS = 1_000;
const NOT_LONG_LOCKED = `set lock_timeout = ${LOCK_TIMEOUT_MS}`;

/** Opens the pools; connections are made when needed, two each at most, three for results (one is for organizations that have rested), and three
 * for what is to be delivered. */
export function openWorkerPools(connectionString: string | undefined = env.DATABASE_URL): WorkerPools {
  const log = loggerFor("worker");
  const open = (settings: string, max = 2) => {
    const pool = new Pool({
      connectionString,
      max,
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
  const record = open(PLANNING, 3);
  const upkeep = open(`${PLANNING}; ${NOT_LONG_LOCKED}`);
  const attempts = open(`${PLANNING}; ${NOT_LONG_LOCKED}`);
  const deliver = open(`${FOLLOWING}; set synchronous_commit = off; ${NOT_LONG_LOCKED}`, 3);
  return {
    claim,
    record,
    attempts,
    upkeep,
    deliver,
    async close() {
      await Promise.all([claim.end(), record.end(), attempts.end(), upkeep.end(), deliver.end()]);
    },
  };
}

/**
 * Whether PostgreSQL refused a statement for the data in it (22 data, 23 integrity, 54 limits), so that sending the same again is of no use.
 * Whatever else goes wrong says nothing about the data.
 */
export function isDataError(error: unknown): boolean {
  return error instanceof DatabaseError && /^(22|23|54)/.test(error.code ?? "");
}

/**
 * Whether an error speaks of the rows that a statement was about (22 data, 23 integrity, 40 rollback, 54 limits, 55 locks, P0 raised, XX damaged),
 * so that the same may succeed for others. Any other befalls everybody: PostgreSQL is away, read-only, or not as it should be.
 */
export function isAboutRows(error: unknown): boolean {
  return error instanceof DatabaseError && /^(22|23|40|54|55|P0|XX)/.test(error.code ?? "");
}

/** Whether it came of what others hold at the moment: a lock that was not to be had in time, a deadlock. */
export function isLocked(error: unknown): boolean {
  return error instanceof DatabaseError && /^(40|55)/.test(error.code ?? "");
}
