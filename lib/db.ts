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
  // Nor may one that is lost while lent out: its statement fails, which is all that needs to be known.
  pool.on("connect", (client) => client.on("error", () => {}));
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
const AWAY_SQLSTATE = /^(08...|57P0[123]|53300)$/;
// Of Node's sockets; and Prisma's own: not reachable, connection closed, no connection or no transaction to be had in time.
const AWAY_CODE = new Set(
  "ECONNREFUSED ECONNRESET EPIPE ENOENT ETIMEDOUT EHOSTUNREACH P1001 P1017 P2024 P2028".split(" "),
);
// What Prisma's driver adapter calls the same, inside errors of raw queries.
const AWAY_KIND = new Set(["DatabaseNotReachable", "ConnectionClosed", "SocketTimeout", "TooManyConnections"]);
const AWAY_MESSAGE =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/;

type Described = { code?: unknown; kind?: unknown; message?: unknown; cause?: unknown; meta?: unknown };

function saysAway({ code, kind, message }: Described): boolean {
  return (
    (typeof code === "string" && (AWAY_SQLSTATE.test(code) || AWAY_CODE.has(code))) ||
    (typeof kind === "string" && AWAY_KIND.has(kind)) ||
    (typeof message === "string" && AWAY_MESSAGE.test(message))
  );
}

/** Whether an error means that PostgreSQL cannot be reached now. Answered as 503, and worth trying again. */
export function isDatabaseAway(error: unknown): boolean {
  for (let e: unknown = error, depth = 0; typeof e === "object" && e !== null && depth < 6; depth++) {
    const described = e as Described;
    if (saysAway(described)) return true;
    e = described.cause ?? (described.meta as { driverAdapterError?: unknown } | undefined)?.driverAdapterError;
  }
  return false;
}
