/**
 * Collects what is to be recorded and records it in batches, each of one organization. Items come one by one and are sent as soon as one of its
 * connections is free, so that batches are small when the worker is idle and large under load, without any timer.
 *
 * While PostgreSQL is away items stay in memory and are sent again until they are recorded. A batch that it refuses for what stands in it is halved
 * until the guilty item is alone.
 */
import type { Logger } from "pino";
import { backoffMs } from "./backoff.ts";
import { isDataError } from "./database.ts";

const MAX_BATCH = 500;
const MAX_BATCH_SIZE = 4 << 20;

export type OrgBatches<T> = {
  /** Takes an item over; it is recorded some time later. */
  add(orgId: string, item: T): void;
  /** Items that are not recorded yet, and the sum of their sizes. */
  waiting(): number;
  waitingSize(): number;
  /** Resolves when nothing is waiting. */
  drained(): Promise<void>;
  /** Gives up what could not be recorded. */
  stop(): void;
};

export type OrgBatchesOptions<T> = {
  /** What the items are, for the log. */
  name: string;
  log: Logger;
  /** Batches that are sent at a time. */
  connections: number;
  /** Records a batch; to be sent again when it rejects. What was recorded is settled when it resolves. */
  record: (orgId: string, batch: T[]) => Promise<void>;
  /** What is recorded instead of an item that PostgreSQL refuses, for this error; undefined: nothing. */
  insteadOf: (orgId: string, item: T, error: unknown) => T | undefined;
  /** About what an item takes in memory and in the statement. */
  sizeOf: (item: T) => number;
};

type Entry<T> = { item: T; size: number };

/** Makes it. */
export function createOrgBatches<T>(options: OrgBatchesOptions<T>): OrgBatches<T> {
  const { name, log } = options;
  const queues = new Map<string, Entry<T>[]>();
  let waiting = 0;
  let waitingSize = 0;
  let sending = 0;
  let failures = 0;
  let scheduled = false;
  const stopped = new AbortController();
  const whenDrained: (() => void)[] = [];

  function schedule(): void {
    if (scheduled || stopped.signal.aborted) return;
    scheduled = true;
    // What comes in one message or one turn of the loop arrives together; setImmediate lets it travel together.
    setImmediate(() => {
      scheduled = false;
      const connections = failures > 0 ? 1 : options.connections;
      while (sending < connections && queues.size > 0 && !stopped.signal.aborted) void send(...takeBatch());
    });
  }

  // The organization that waits longest; what it has beyond one batch goes to the end of the line.
  function takeBatch(): [string, Entry<T>[]] {
    const [orgId, queue] = queues.entries().next().value!;
    queues.delete(orgId);
    let size = 0;
    let count = 0;
    while (count < queue.length && count < MAX_BATCH && (count === 0 || size < MAX_BATCH_SIZE)) {
      size += queue[count++]!.size;
    }
    if (count === queue.length) return [orgId, queue];
    queues.set(orgId, queue.slice(count));
    return [orgId, queue.slice(0, count)];
  }

  async function send(orgId: string, batch: Entry<T>[]): Promise<void> {
    const unsettled = new Set(batch);
    sending++;
    try {
      await record(orgId, batch, (entry) => {
        unsettled.delete(entry);
        waiting--;
        waitingSize -= entry.size;
      });
      failures = 0;
    } catch (error) {
      failures++;
      if (failures === 1) log.warn({ err: error, waiting }, `${name} cannot be recorded now, and are kept`);
      queues.set(orgId, [...unsettled, ...(queues.get(orgId) ?? [])]);
      await new Promise((resolve) => setTimeout(resolve, backoffMs(failures)));
    } finally {
      sending--;
      if (waiting === 0) for (const resolve of whenDrained.splice(0)) resolve();
      schedule();
    }
  }

  async function record(orgId: string, batch: Entry<T>[], settle: (entry: Entry<T>) => void): Promise<void> {
    try {
      await options.record(
        orgId,
        batch.map(({ item }) => item),
      );
      batch.forEach(settle);
    } catch (error) {
      if (!isDataError(error)) throw error;
      if (batch.length > 1) {
        const half = batch.length >> 1;
        await record(orgId, batch.slice(0, half), settle);
        await record(orgId, batch.slice(half), settle);
        return;
      }
      const entry = batch[0]!;
      const instead = options.insteadOf(orgId, entry.item, error);
      if (instead !== undefined) await record(orgId, [{ ...entry, item: instead }], () => {});
      settle(entry);
    }
  }

  return {
    add(orgId, item) {
      const entry = { item, size: options.sizeOf(item) };
      const queue = queues.get(orgId);
      if (queue) queue.push(entry);
      else queues.set(orgId, [entry]);
      waiting++;
      waitingSize += entry.size;
      schedule();
    },
    waiting: () => waiting,
    waitingSize: () => waitingSize,
    drained() {
      if (waiting === 0) return Promise.resolve();
      return new Promise((resolve) => whenDrained.push(resolve));
    },
    stop: () => stopped.abort(),
  };
}
