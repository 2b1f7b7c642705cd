/**
 * The database: one pg pool a process, and Prisma over the same pool. Hot SQL uses the pool, everything else Prisma.
 */
import { PrismaPg } from "@prisma/adapter-pg";
import { Pool } from "pg";
import { env } from "./env.ts";
import { PrismaClient } from "./generated/prisma/client.ts";
import { loggerFor } from "./logger.ts";

type Database = { pool: Pool; prisma: PrismaClient };

const slot = globalThis as { [key: symbol]: Database | undefined };
const KEY = Symbol.for("nexio.database");

function open(): Database {
  const log = loggerFor("database");
  const pool = new Pool({
    connectionString: env.DATABASE_URL,
    max: env.DATABASE_POOL_SIZE,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    application_name: `nexio-${env.NEXIO_ROLE}`,
  });
  // Without a listener, PostgreSQL dropping an idle connection would end the process.
  pool.on("error", (error) => log.warn({ err: error }, "an idle database connection was lost"));
  // Prisma's own 2 s and 5 s are too little where many wait for one row in turn, as creations of one organization do.
  const transactionOptions = { maxWait: 5_000, timeout: 20_000 };
  return { pool, prisma: new PrismaClient({ adapter: new PrismaPg(pool), transactionOptions }) };
}

// Two module instances (the server's bundle and Next's) share one pool.
function database(): Database {
  return (slot[KEY] ??= open());
}

/** The process's pool; opened on first use. */
export function pool(): Pool {
  return database().pool;
}

/** The process's Prisma client, over the same pool. */
export function prisma(): PrismaClient {
  return database().prisma;
}

export type Tx = Parameters<Parameters<PrismaClient["$transaction"]>[0]>[0];

/** Closes every connection; for shutdown. */
export async function closeDatabase(): Promise<void> {
  const open = slot[KEY];
  if (!open) return;
  slot[KEY] = undefined;
  await open.prisma.$disconnect();
  await open.pool.end();
}

// SQLSTATE classes that mean "the server is away or going away", not "the statement is wrong":
// 08 connection, 57P01–57P03 shutdown and start-up, 53300 too many connections (PostgreSQL manual, appendix A).
const AWAY = /^(08...|57P0[123]|53300)$/;
const AWAY_NODE = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ENOENT", "ETIMEDOUT", "EHOSTUNREACH"]);

/** Whether an error means that PostgreSQL cannot be reached now. Answered as 503, and worth trying again. */
export function isDatabaseAway(error: unknown): boolean {
  for (let e: unknown = error, depth = 0; typeof e === "object" && e !== null && depth < 5; depth++) {
    const { code, message, cause } = e as { code?: unknown; message?: unknown; cause?: unknown };
    if (typeof code === "string" && (AWAY.test(code) || AWAY_NODE.has(code) || code === "P1001" || code === "P1017"))
      return true;
    if (
      typeof message === "string" &&
      /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(
        message,
      )
    )
      return true;
    e = cause;
  }
  return false;
}
