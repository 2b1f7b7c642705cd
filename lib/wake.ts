/**
 * Tells workers that there is something to do which was not before, runs that wait or deliveries that are due: over the supervisor's IPC, and
 * by NOTIFY for workers on other machines. Never inside a statement that many wait for: NOTIFY takes a lock over the whole database at commit.
 * A lost call costs a worker's fallback poll, nothing else.
 */
import { Client } from "pg";
import { env } from "./env.ts";
import { loggerFor } from "./logger.ts";

/** The channel that workers listen on. */
export const WAKE_CHANNEL = "nexio_wake";
/** The message between supervisor, web and worker processes. */
export const WAKE_MESSAGE = { type: "nexio:wake" } as const;

const CONNECT_TIMEOUT_MS = 2_000;

const log = loggerFor("wake");

class Waker {
  private client: Client | undefined;
  private busy = false;
  private again = false;

  /** Wakes whoever listens. Calls that come while one is under way are one more. */
  wake(): void {
    if (process.connected) process.send?.(WAKE_MESSAGE, undefined, undefined, () => {});
    if (this.busy) this.again = true;
    else void this.notify();
  }

  private async notify(): Promise<void> {
    this.busy = true;
    do {
      this.again = false;
      try {
        this.client ??= await this.connect();
        await this.client.query({ name: "wake", text: `select pg_notify('${WAKE_CHANNEL}', '')` });
      } catch (error) {
        log.debug({ err: error }, "workers could not be notified");
        this.client = undefined;
      }
    } while (this.again);
    this.busy = false;
  }

  private async connect(): Promise<Client> {
    const client = new Client({
      connectionString: env.DATABASE_URL,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: `nexio-${env.NEXIO_ROLE}-wake`,
    });
    const gone = () => {
      if (this.client === client) this.client = undefined;
    };
    client.on("error", gone);
    client.on("end", gone);
    await client.connect();
    return client;
  }

  async close(): Promise<void> {
    await this.client?.end().catch(() => {});
  }
}

const slot = globalThis as { [key: symbol]: Waker | undefined };
const KEY = Symbol.for("nexio.waker");

/** Wakes the workers, soon and at little cost however often it is called. */
export function wakeWorkers(): void {
  (slot[KEY] ??= new Waker()).wake();
}

/** For shutdown. */
export async function closeWaker(): Promise<void> {
  await slot[KEY]?.close();
  slot[KEY] = undefined;
}
