/**
 * One database connection of its own for batches: it comes back by itself, and tells a statement that failed from one whose outcome
 * nobody knows.
 */
import { Client, type QueryArrayConfig, type QueryArrayResult } from "pg";
import { setTimeout as delay } from "node:timers/promises";
import { isDatabaseAway } from "../db.ts";
import { env } from "../env.ts";
import { correctClock } from "../ids.ts";
import { loggerFor } from "../logger.ts";

/** The connection was lost while a statement was running: it may have been committed, or not. */
export class OutcomeUnknown extends Error {}

const CONNECT_TIMEOUT_MS = 2_000;
/** The server's own limit of a statement, and ours for a server that no longer answers at all. */
const STATEMENT_TIMEOUT_MS = 8_000;
const SILENCE_TIMEOUT_MS = 10_000;
/** A process that stops in the middle of a transaction holds its locks no longer than this. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 5_000;
const FIRST_RETRY_MS = 25;
const LONGEST_RETRY_MS = 1_000;

// The plan must not depend on how large the first five batches were: it is made once, and finds what it needs by indexes. Set by a statement,
// because connection poolers refuse settings that come with the connection.
const PREPARE = `
select clock_timestamp() as now, set_config('plan_cache_mode', 'force_generic_plan', false),
  set_config('statement_timeout', '${STATEMENT_TIMEOUT_MS}', false), set_config('jit', 'off', false),
  set_config('idle_in_transaction_session_timeout', '${IDLE_IN_TRANSACTION_TIMEOUT_MS}', false),
  set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO', false)`;

const log = loggerFor("batch-connection");

/** Clocks that differ by less are left alone: ids are allowed 5 s, and a small step would only put them out of order. */
const CLOCK_TOLERANCE_MS = 1_000;

/** Makes a new connection ready, and compares its clock with ours. */
async function prepare(client: Client): Promise<void> {
  const askedAt = Date.now();
  const { rows } = await client.query<{ now: Date }>(PREPARE);
  const aheadMs = (askedAt + Date.now()) / 2 - rows[0]!.now.getTime();
  if (Math.abs(aheadMs) < CLOCK_TOLERANCE_MS) return correctClock(0);
  log.warn(
    { ahead_ms: Math.round(aheadMs) },
    "this machine's clock differs from the database's; ids follow the database's",
  );
  correctClock(Math.round(aheadMs));
}

/** Cuts it off. Not end(): that would wait for an answer which may never come. */
function destroy(client: Client): void {
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}

export class BatchConnection {
  private readonly name: string;
  private client: Client | undefined;
  private closed = false;
  /** Says that the client which is up now is lost. */
  private lose: () => void = () => {};
  /** Called once at the end of a connection that was up. */
  onLost: () => void = () => {};

  constructor(name: string) {
    this.name = name;
  }

  get isUp(): boolean {
    return this.client !== undefined;
  }

  /** Connects, trying again until it succeeds or this is closed; `onFailure` hears of every attempt that failed. */
  async connect(onFailure: (error: unknown) => void): Promise<void> {
    for (let waitMs = FIRST_RETRY_MS; !this.closed; waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS)) {
      try {
        this.client = await this.open();
        return;
      } catch (error) {
        onFailure(error);
        await delay(waitMs, undefined, { ref: false });
      }
    }
  }

  private async open(): Promise<Client> {
    const client = new Client({
      connectionString: env.DATABASE_URL,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      application_name: `nexio-${env.NEXIO_ROLE}-${this.name}`,
    });
    let up = false;
    const lost = () => {
      if (!up) return;
      up = false;
      if (this.client === client) this.client = undefined;
      if (!this.closed) log.warn({ connection: this.name }, "a database connection was lost");
      this.onLost();
    };
    client.on("error", lost);
    client.on("end", lost);
    const timer = setTimeout(() => destroy(client), CONNECT_TIMEOUT_MS);
    try {
      await client.connect();
      await prepare(client);
    } catch (error) {
      destroy(client);
      throw error;
    } finally {
      clearTimeout(timer);
    }
    up = true;
    this.lose = lost;
    if (this.closed) await client.end();
    return client;
  }

  /** Runs one statement. Throws OutcomeUnknown when the connection goes away before the answer. */
  async query<Row extends unknown[]>(config: QueryArrayConfig): Promise<QueryArrayResult<Row>> {
    const client = this.client;
    if (!client) throw new OutcomeUnknown("there is no connection");
    const silence = setTimeout(() => this.drop(client), SILENCE_TIMEOUT_MS);
    try {
      return await client.query<Row>(config);
    } catch (error) {
      if (!isDatabaseAway(error) && this.client === client) throw error;
      this.drop(client);
      throw new OutcomeUnknown("the connection was lost", { cause: error });
    } finally {
      clearTimeout(silence);
    }
  }

  private drop(client: Client): void {
    destroy(client);
    if (this.client === client) this.lose();
  }

  /** Closes the connection and does not come back. */
  async close(): Promise<void> {
    this.closed = true;
    await this.client?.end().catch(() => {});
    this.client = undefined;
  }
}
