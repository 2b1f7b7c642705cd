/**
 * Sends what was read of the endpoints that this worker owns, as many at a time as their shares allow (shares.ts): an endpoint that hangs has
 * requests open until their timeout, and still leaves something to every other.
 *
 * What was read is sent soon or dropped and read again: an endpoint that was disabled, deleted or got another secret is not sent to as it was for
 * longer than that and the time that reading it took.
 */
import type { AttemptResult } from "../webhooks/attempt-store.ts";
import type { OutboundClient } from "../outbound/client.ts";
import { attemptDelivery } from "./delivery-attempt.ts";
import { isOwned, type OwnedEndpoint, type Ready } from "./owned-endpoints.ts";
import { createShares } from "./shares.ts";

/** What came longer ago is not sent. How long the reading took does not count: however slow PostgreSQL is, some of what it gives is sent. */
const FRESH_MS = 200;
/** Bodies that are read ahead or being sent. */
const MOST_BYTES = 32 << 20;
/** Of those that wait for a share, so many are looked at whenever one is free. */
const STARVED_LOOKS = 4;

/** Whether little is left of what was read ahead. */
const isLow = (endpoint: OwnedEndpoint): boolean => endpoint.ready.length <= endpoint.lookAhead / 2;
export const isHungry = (endpoint: OwnedEndpoint): boolean => endpoint.wantsReading && isLow(endpoint);

const bytesOf = ({ delivery }: Ready): number => delivery.body.length;

export type DeliverySenderOptions = {
  client: OutboundClient;
  /** Requests that may be open at a time. */
  total: number;
  timeoutMs?: number | undefined;
  /** Whether there is room for more results of this organization. */
  maySend: (orgId: string) => boolean;
  onResult: (endpoint: OwnedEndpoint, result: AttemptResult) => void;
  /** An endpoint wants to be read, and could send what is read. */
  onHungry: () => void;
};

export type DeliverySender = {
  /** Takes over what was read of an endpoint. */
  add(endpoint: OwnedEndpoint, ready: readonly Ready[]): void;
  /** Drops what is ready. */
  drop(endpoint: OwnedEndpoint): void;
  /** Sends what may be sent. To be called when something has changed. */
  pump(endpoint: OwnedEndpoint): void;
  /** Whether more of the endpoint could be sent if it were read. */
  hasRoomFor(endpoint: OwnedEndpoint): boolean;
  /** Bytes of bodies that may be read now; 0 where one may be read only because it is an endpoint's first. */
  room(): number;
  /** Requests that are open. */
  count(): number;
  /** Sends nothing more, lets requests end for `graceMs`, then gives them up and closes the client. */
  stop(graceMs: number): Promise<void>;
};

/** Makes it. */
export function createDeliverySender(options: DeliverySenderOptions): DeliverySender {
  const { client, maySend, onResult, onHungry } = options;
  const shares = createShares(options.total, "target");
  const starved = new Set<OwnedEndpoint>();
  const under = new Set<Promise<void>>();
  let stopping = false;
  let bytes = 0;

  function drop(endpoint: OwnedEndpoint): void {
    for (const ready of endpoint.ready) bytes -= bytesOf(ready);
    endpoint.ready = [];
    starved.delete(endpoint);
  }

  function dropStale(endpoint: OwnedEndpoint): void {
    const [first] = endpoint.ready;
    if (!first || performance.now() - first.arrivedAtMs < FRESH_MS) return;
    drop(endpoint);
    endpoint.hasMore = true;
  }

  function mayOpen(endpoint: OwnedEndpoint): boolean {
    return !stopping && isOwned(endpoint) && maySend(endpoint.orgId) && shares.has(endpoint.share!);
  }

  function hasRoomFor(endpoint: OwnedEndpoint): boolean {
    if (stopping || !isOwned(endpoint) || !maySend(endpoint.orgId)) return false;
    const { share } = endpoint;
    // One that is being sent is read ahead, or its share would stand free while it is read; one that hangs is not.
    if (share && !shares.has(share) && endpoint.sent === 0) return false;
    return bytes < MOST_BYTES || (endpoint.ready.length === 0 && (!share || shares.isFirst(share)));
  }

  function pump(endpoint: OwnedEndpoint): void {
    dropStale(endpoint);
    while (endpoint.ready.length > 0 && mayOpen(endpoint)) send(endpoint, endpoint.ready.shift()!);
    starved.delete(endpoint);
    if (!isOwned(endpoint)) return;
    if (endpoint.hasMore && isLow(endpoint)) endpoint.wantsReading = true;
    if (isHungry(endpoint) && hasRoomFor(endpoint)) onHungry();
    else if (isHungry(endpoint) || endpoint.ready.length > 0) starved.add(endpoint);
  }

  // In turn: whoever is looked at goes to the end of the line if it still wants something.
  function feedStarved(): void {
    let looks = 0;
    // pump() may put it at the end of the line, where this would meet it again
    for (const endpoint of starved) {
      if (looks++ === STARVED_LOOKS) return;
      pump(endpoint);
    }
  }

  function send(endpoint: OwnedEndpoint, ready: Ready): void {
    shares.take(endpoint.share!);
    endpoint.open.add(ready.delivery.id);
    endpoint.sent++;
    const work = attempt(endpoint, ready).finally(() => under.delete(work));
    under.add(work);
  }

  async function attempt(endpoint: OwnedEndpoint, ready: Ready): Promise<void> {
    const { delivery, target } = ready;
    const result = await attemptDelivery(options, target, delivery);
    shares.release(endpoint.share!);
    bytes -= bytesOf(ready);
    if (result) onResult(endpoint, result);
    else endpoint.open.delete(delivery.id);
    pump(endpoint);
    feedStarved();
  }

  return {
    add(endpoint, ready) {
      // Whoever owns it now reads for themselves.
      if (!isOwned(endpoint)) return;
      for (const one of ready) bytes += bytesOf(one);
      endpoint.ready.push(...ready);
      pump(endpoint);
    },
    drop,
    pump,
    hasRoomFor,
    room: () => Math.max(0, MOST_BYTES - bytes),
    count: () => shares.count(),
    async stop(graceMs) {
      stopping = true;
      const ended = Promise.all(under);
      await Promise.race([ended, pause(graceMs)]);
      client.close();
      await Promise.race([ended, pause(1_000)]);
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
