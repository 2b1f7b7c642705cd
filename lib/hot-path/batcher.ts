/**
 * Turns single requests into batches. A batch goes as soon as nothing else is under way, with whatever has come in by then: small when idle,
 * large under load. A further connection joins only for a batch that is worth it, or when the one under way takes long: at moderate load a
 * request then costs PostgreSQL less (54 µs instead of 76 at 4,600 requests a second on two cores), and the evaluators have what is left.
 *
 * What a batch is and does is the executor's business, who waits in which order that of waiting.ts; this file owns connections and faults:
 *   - more waiting than there is room for: `overloaded`
 *   - a statement that the data itself breaks (SQLSTATE 22xxx, 54xxx): halves, until only the guilty request gets the error
 *   - a lost connection with the outcome unknown: the same items once more, marked `again`; then `unavailable`
 *   - no connection at all: `unavailable` at once, until one is back
 */
import { setTimeout as delay } from "node:timers/promises";
import { ApiError, invalidField, overloaded } from "../errors.ts";
import { loggerFor } from "../logger.ts";
import { OutcomeUnknown } from "./batch-connection.ts";
import { InOrder, type Waiting } from "./waiting.ts";

/** Settles every item, or throws without having settled any. `again`: the same items may have been executed already. */
export type Executor<Connection, Item> = (connection: Connection, items: Item[], again: boolean) => Promise<void>;

export type BatchItem = { readonly bytes: number; reject(error: unknown): void };

/** Connection as the batcher needs it. */
export type Reconnecting = {
  readonly isUp: boolean;
  onLost: () => void;
  connect(onFailure: (error: unknown) => void): Promise<void>;
  close(): Promise<void>;
};

/** So many waiting requests are worth a batch beside one that is under way. */
export const MIN_BATCH_BESIDE = 32;
/** Nor does anything wait longer than this, in milliseconds, for a batch that is under way: it may stand behind a lock. */
export const MAX_WAIT_BESIDE_MS = 4;

/** How long a batch with unknown outcome waits for its connection to come back. */
const RESEND_WITHIN_MS = 3_000;
/** Tries of a batch that the database gave up on its own (deadlock, serialization): nothing of it was done. */
const MAX_TRIES = 4;

const GUILTY = /^(22|54)/;
const TRY_AGAIN = /^(40001|40P01|55P03)$/;
// Cancelled by a timeout, out of memory, disk or connections, read-only: the server's trouble, and it passes.
const TROUBLE = /^(57014|53...|25006|58...)$/;

const log = loggerFor("batcher");

const sqlState = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? "");

export function unavailable(cause?: unknown): ApiError {
  const message = "The database cannot be reached now; try again in a moment";
  return new ApiError("unavailable", message, { retryAfterSeconds: 1, cause });
}

export class Batcher<Connection extends Reconnecting, Item extends BatchItem> {
  private readonly connections: readonly Connection[];
  private readonly execute: Executor<Connection, Item>;
  private readonly maxWaitBesideMs: number;
  private readonly queue: Waiting<Item>;
  private readonly free = new Set<Connection>();
  private readonly working = new Set<Connection>();
  /** Connections on their way back. */
  private readonly coming = new Map<Connection, Promise<void>>();
  private pumping = false;
  /** Set while what waits may soon go beside the batch that is under way. */
  private wait: NodeJS.Timeout | undefined;
  private waitedLong = false;
  /** Nothing is connected, and the last attempt failed. */
  private away = false;
  private closing = false;
  private drained: (() => void) | undefined;

  constructor(
    connections: readonly Connection[],
    execute: Executor<Connection, Item>,
    {
      maxWaitBesideMs = MAX_WAIT_BESIDE_MS,
      waiting = new InOrder<Item>(),
    }: { maxWaitBesideMs?: number; waiting?: Waiting<Item> } = {},
  ) {
    this.queue = waiting;
    this.connections = connections;
    this.execute = execute;
    this.maxWaitBesideMs = maxWaitBesideMs;
    for (const connection of connections) {
      connection.onLost = () => this.lost(connection);
      this.lost(connection);
    }
  }

  /** Takes an item; it is settled by the executor, or rejected with an ApiError. */
  add(item: Item): void {
    if (this.away || this.closing) return item.reject(unavailable());
    if (!this.queue.add(item)) return item.reject(overloaded());
    if (this.pumping || this.free.size === 0) return;
    this.pumping = true;
    // What arrived in the same turn of the event loop goes together.
    setImmediate(() => this.pump());
  }

  private pump(): void {
    this.pumping = false;
    for (const connection of this.free) {
      if (this.queue.length === 0) return;
      if (this.working.size > 0 && this.queue.length < MIN_BATCH_BESIDE && !this.waitedLong) return this.waitABit();
      clearTimeout(this.wait);
      this.wait = undefined;
      this.waitedLong = false;
      this.free.delete(connection);
      void this.work(connection, this.queue.take());
    }
  }

  private waitABit(): void {
    this.wait ??= setTimeout(() => {
      this.wait = undefined;
      this.waitedLong = true;
      this.pump();
      this.waitedLong = false;
    }, this.maxWaitBesideMs);
  }

  private async work(connection: Connection, batch: Item[]): Promise<void> {
    this.working.add(connection);
    await this.settle(connection, batch, false, 1);
    this.working.delete(connection);
    if (connection.isUp) this.free.add(connection);
    if (this.queue.length > 0) this.pump();
    else if (this.working.size === 0) this.drained?.();
  }

  private async settle(connection: Connection, batch: Item[], again: boolean, tries: number): Promise<void> {
    try {
      await this.execute(connection, batch, again);
    } catch (error) {
      if (error instanceof OutcomeUnknown) return this.resend(connection, batch, again, error);
      const state = sqlState(error);
      if (TRY_AGAIN.test(state) && tries < MAX_TRIES) return this.settle(connection, batch, again, tries + 1);
      if (GUILTY.test(state) && batch.length > 1) {
        const half = batch.length >> 1;
        await this.settle(connection, batch.slice(0, half), again, 1);
        return this.settle(connection, batch.slice(half), again, 1);
      }
      this.refuse(batch, error, state);
    }
  }

  private refuse(batch: Item[], error: unknown, state: string): void {
    if (GUILTY.test(state)) return batch[0]!.reject(invalidField("body", "cannot be stored"));
    const passes = TRY_AGAIN.test(state) || TROUBLE.test(state);
    log[passes ? "warn" : "error"]({ err: error, requests: batch.length }, "a batch failed");
    for (const item of batch) item.reject(passes ? unavailable(error) : error);
  }

  private async resend(connection: Connection, batch: Item[], again: boolean, error: unknown): Promise<void> {
    if (!again) await Promise.race([this.coming.get(connection), delay(RESEND_WITHIN_MS, undefined, { ref: false })]);
    if (!again && connection.isUp) return this.settle(connection, batch, true, 1);
    for (const item of batch) item.reject(unavailable(error));
  }

  private lost(connection: Connection): void {
    this.free.delete(connection);
    if (this.closing) return this.refuseWaiting(undefined);
    this.coming.set(connection, this.bringUp(connection));
  }

  private async bringUp(connection: Connection): Promise<void> {
    await connection.connect((error) => {
      if (this.away || this.connections.some((other) => other.isUp)) return;
      this.away = true;
      log.warn({ err: error }, "the database cannot be reached; requests are refused until it can");
      this.refuseWaiting(error);
    });
    this.coming.delete(connection);
    if (!connection.isUp) return;
    if (this.away) log.info("the database is back");
    this.away = false;
    // Its batch may still be waiting for it, and goes first.
    if (!this.working.has(connection)) this.free.add(connection);
    this.pump();
  }

  private refuseWaiting(error: unknown): void {
    for (const item of this.queue.drain()) item.reject(unavailable(error));
    if (this.working.size === 0) this.drained?.();
  }

  /** Takes nothing more, finishes what waits, and closes the connections. */
  async close(): Promise<void> {
    this.closing = true;
    if (this.queue.length > 0 || this.working.size > 0) await new Promise<void>((resolve) => (this.drained = resolve));
    await Promise.all(this.connections.map((connection) => connection.close()));
  }
}
