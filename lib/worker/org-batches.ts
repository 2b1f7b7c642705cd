/**
 * Collects what is to be recorded and records it in batches, each of one organization. Items come one by one and are sent as soon as one of its
 * connections is free, so that batches are small when the worker is idle and large under load, without any timer.
 *
 * While PostgreSQL is away items stay in memory and are sent again until they are recorded. A batch that it refuses for what stands in it is halved
 * until the guilty item is alone. Where it cannot record those of one organization, as when somebody keeps a row of theirs locked, that organization
 * rests, longer each time, and is tried again on a connection of its own kind: nobody else waits for it.
 */
import type { Logger } from "pino";
import { backoffMs } from "./backoff.ts";
import { isAboutRows, isDataError } from "./database.ts";

const MAX_BATCH = 500;
const MAX_BATCH_SIZE = 4 << 20;

export type OrgBatches<T> = {
  /** Takes an item over; it is recorded some time later. */
  add(orgId: string, item: T): void;
  /** Items that are not recorded yet, and the sum of their sizes. */
  waiting(): number;
  waitingSize(): number;
  /** The same of one organization. */
  waitingSizeOf(orgId: string): number;
  /** Whether an organization's items cannot be recorded now, and the sum of the sizes of all such items. */
  isResting(orgId: string): boolean;
  restingSize(): number;
  /** Resolves when nothing is waiting. */
  drained(): Promise<void>;
  /** Gives up what could not be recorded. */
  stop(): void;
};

export type OrgBatchesOptions<T> = {
  /** What the items are, for the log. */
  name: string;
  log: Logger;
  /** Batches that are sent at a time, beside one of organizations that have rested. */
  connections: number;
  /** Records a batch; to be sent again when it rejects. What was recorded is settled when it resolves. */
  record: (orgId: string, batch: T[]) => Promise<void>;
  /** What is recorded instead of an item that PostgreSQL refuses, for this error; undefined: nothing. */
  insteadOf: (orgId: string, item: T, error: unknown) => T | undefined;
  /** About what an item takes in memory and in the statement. */
  sizeOf: (item: T) => number;
};

type Entry<T> = { item: T; size: number };

/** What waits of one organization: `size` also counts what is being sent. While `failures` in a row are more than none, it rests. */
type Line<T> = { entries: Entry<T>[]; size: number; failures: number };

/** Makes it. */
export function createOrgBatches<T>(options: OrgBatchesOptions<T>): OrgBatches<T> {
  const { name, log } = options;
  const lines = new Map<string, Line<T>>();
  // Organizations that have something to send, in turn; and those that have rested.
  const ready = new Set<string>();
  const rested = new Set<string>();
  let waiting = 0;
  let waitingSize = 0;
  let restingSize = 0;
  let sending = 0;
  let isRetrying = false;
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
      if (stopped.signal.aborted) return;
      const connections = failures > 0 ? 1 : options.connections;
      while (sending < connections && ready.size > 0) void sendNext();
      if (!isRetrying && rested.size > 0) void retryNext();
    });
  }

  // The organization that waits longest; what it has beyond one batch goes to the end of the line.
  async function sendNext(): Promise<void> {
    const [orgId] = ready;
    ready.delete(orgId!);
    sending++;
    await send(orgId!);
    sending--;
    schedule();
  }

  async function retryNext(): Promise<void> {
    const [orgId] = rested;
    rested.delete(orgId!);
    isRetrying = true;
    await send(orgId!);
    isRetrying = false;
    schedule();
  }

  function takeBatch({ entries }: Line<T>): Entry<T>[] {
    let size = 0;
    let count = 0;
    while (count < entries.length && count < MAX_BATCH && (count === 0 || size < MAX_BATCH_SIZE)) {
      size += entries[count++]!.size;
    }
    return entries.splice(0, count);
  }

  async function send(orgId: string): Promise<void> {
    const line = lines.get(orgId);
    if (!line || line.entries.length === 0) return;
    const batch = takeBatch(line);
    if (line.entries.length > 0 && line.failures === 0) ready.add(orgId);
    const unsettled = new Set(batch);
    try {
      await record(orgId, batch, (entry) => {
        unsettled.delete(entry);
        waiting--;
        resize(line, -entry.size);
      });
      failures = 0;
      recover(orgId, line);
    } catch (error) {
      line.entries.unshift(...unsettled);
      if (isAboutRows(error)) rest(orgId, line, error);
      else await waitFor(orgId, line, error);
    }
    if (waiting === 0) for (const resolve of whenDrained.splice(0)) resolve();
  }

  function resize(line: Line<T>, by: number): void {
    line.size += by;
    waitingSize += by;
    if (line.failures > 0) restingSize += by;
  }

  function recover(orgId: string, line: Line<T>): void {
    if (line.failures > 0) restingSize -= line.size;
    line.failures = 0;
    if (line.entries.length > 0) ready.add(orgId);
    else if (line.size === 0) lines.delete(orgId);
  }

  function rest(orgId: string, line: Line<T>, error: unknown): void {
    ready.delete(orgId);
    if (line.failures++ === 0) {
      restingSize += line.size;
      log.warn({ err: error, orgId }, `${name} of an organization cannot be recorded now, and are kept`);
    }
    setTimeout(() => {
      rested.add(orgId);
      schedule();
    }, backoffMs(line.failures));
  }

  // PostgreSQL is away: for everybody, so that the connection waits too.
  async function waitFor(orgId: string, line: Line<T>, error: unknown): Promise<void> {
    if (++failures === 1) log.warn({ err: error, waiting }, `${name} cannot be recorded now, and are kept`);
    await new Promise((resolve) => setTimeout(resolve, backoffMs(failures)));
    if (line.failures > 0) rested.add(orgId);
    else ready.add(orgId);
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
      const line = lines.get(orgId) ?? { entries: [], size: 0, failures: 0 };
      lines.set(orgId, line);
      line.entries.push(entry);
      waiting++;
      resize(line, entry.size);
      if (line.failures > 0) return;
      ready.add(orgId);
      schedule();
    },
    waiting: () => waiting,
    waitingSize: () => waitingSize,
    waitingSizeOf: (orgId) => lines.get(orgId)?.size ?? 0,
    isResting: (orgId) => (lines.get(orgId)?.failures ?? 0) > 0,
    restingSize: () => restingSize,
    drained() {
      if (waiting === 0) return Promise.resolve();
      return new Promise((resolve) => whenDrained.push(resolve));
    },
    stop: () => stopped.abort(),
  };
}
