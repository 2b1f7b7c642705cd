/**
 * Sends webhooks: takes endpoints that have something to send, reads it, sends it, records what came back. This joins the parts; each of them says
 * for itself what it guarantees.
 *
 * At least once: a delivery is due until an attempt is recorded, so that what a worker was sending when it died is sent again by the next owner of
 * the endpoint. An endpoint has one owner for as long as a lease lives.
 */
import type { Logger } from "pino";
import { env } from "../env.ts";
import { createOutboundClient, type OutboundClient } from "../outbound/client.ts";
import type { AttemptResult } from "../webhooks/attempt-store.ts";
import { backoffMs } from "./backoff.ts";
import type { WorkerPools } from "./database.ts";
import { createDeliveryReader } from "./delivery-reader.ts";
import { createDeliveryRecorder } from "./delivery-recorder.ts";
import { createDeliverySender } from "./delivery-sender.ts";
import { createEndpointSweeper } from "./endpoint-sweep.ts";
import { createOwnedEndpoints, isOwned, type OwnedEndpoint } from "./owned-endpoints.ts";
import { startPeriodic } from "./periodic.ts";
import { createSignal } from "./signal.ts";

/** How often the queue, and endpoints that have nothing to send, are looked at while nobody wakes us. */
const POLL_MS = 250;

export type DelivererSettings = {
  /** How long a lease lasts. What a worker that died owned waits this long. */
  leaseMs: number;
  /** Leases older than this are renewed. */
  renewAfterMs: number;
  sweepMs: number;
  /** An endpoint that has nothing to send is owned for so long: under load its next delivery comes soon. */
  lingerMs: number;
  /** A delivery whose attempt can be stored in no form, so that no schedule is kept, is not sent again sooner. */
  unstorableMs: number;
};

export const DELIVERER_SETTINGS: DelivererSettings = {
  leaseMs: 15_000,
  renewAfterMs: 5_000,
  sweepMs: 5_000,
  lingerMs: 500,
  unstorableMs: 60_000,
};

export type Deliverer = {
  /** Something may have become due, in this organization or anywhere. */
  wake(orgId?: string): void;
  stats(): { endpoints: number; sending: number; unrecorded: number; delivered: number; failed: number };
  /** Sends nothing more, gives what is being sent `graceMs` to end, and records it for at most `recordMs`. Gives all endpoints back. */
  stop(graceMs: number, recordMs: number): Promise<void>;
};

export type DelivererOptions = {
  pools: WorkerPools;
  log: Logger;
  settings?: Partial<DelivererSettings>;
  client?: OutboundClient;
  /** For one attempt, in milliseconds. */
  timeoutMs?: number;
  /** How far the time that schedules go by is ahead of PostgreSQL's; for tests, which do not wait for days. */
  aheadMs?: () => number;
};

/** Starts sending whatever is due. */
export function startDeliverer(options: DelivererOptions): Deliverer {
  const { pools, log, aheadMs = () => 0 } = options;
  const settings = { ...DELIVERER_SETTINGS, ...options.settings };
  const client = options.client ?? createOutboundClient({ keepAlive: true });
  const signal = createSignal();
  const stopper = new AbortController();
  const isStopping = () => stopper.signal.aborted;
  const { leaseMs } = settings;
  const owned = createOwnedEndpoints({ pool: pools.deliver, log, leaseMs, aheadMs, onLost: (one) => sender.drop(one) });
  const counts = { delivered: 0, failed: 0 };
  /** When the queue is looked at again, and when endpoints that seem to have nothing to send. */
  let looksAtMs = 0;
  let pollsAtMs = 0;

  const recorder = createDeliveryRecorder({
    pool: pools.attempts,
    log,
    aheadMs,
    onSettled,
    onUnstorable,
    onDisabled,
  });
  const sender = createDeliverySender({
    client,
    total: env.NEXIO_DELIVERIES,
    timeoutMs: options.timeoutMs,
    maySend: (orgId) => recorder.hasRoomFor(orgId),
    onResult: ({ orgId, health }, result) => recorder.add(orgId, result, health),
    onHungry: () => signal.raise(),
  });
  const onEnded = () => signal.raise();
  const reader = createDeliveryReader({ pool: pools.deliver, sender, log, aheadMs, onEnded });
  const ended = loop();

  function onSettled(orgId: string, result: AttemptResult): void {
    counts[result.error === null ? "delivered" : "failed"]++;
    release(orgId, result);
  }

  function onUnstorable(orgId: string, result: AttemptResult): void {
    counts.failed++;
    setTimeout(() => release(orgId, result), settings.unstorableMs).unref();
  }

  // It may be sent again, if it is due.
  function release(orgId: string, result: AttemptResult): void {
    const endpoint = owned.get(orgId, result.endpointId);
    if (!endpoint) return;
    endpoint.open.delete(result.deliveryId);
    endpoint.recordedMeanwhile?.add(result.deliveryId);
    endpoint.activeAtMs = performance.now();
    if (isOwned(endpoint)) sender.pump(endpoint);
    else owned.forget(endpoint);
  }

  function onDisabled(orgId: string, endpointId: string): void {
    const endpoint = owned.get(orgId, endpointId);
    if (!endpoint) return;
    sender.drop(endpoint);
    endpoint.recordedMeanwhile = undefined;
    endpoint.wantsReading = true;
    signal.raise();
  }

  async function loop(): Promise<void> {
    let failures = 0;
    while (!isStopping()) {
      signal.lower();
      try {
        await goRound();
        if (failures > 0) log.info("delivering again");
        failures = 0;
        await signal.wait(restMs());
      } catch (error) {
        if (++failures === 1) log.warn({ err: error }, "deliveries cannot be read now; trying again");
        await pause(backoffMs(failures));
      }
    }
  }

  async function goRound(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs >= pollsAtMs) {
      pollsAtMs = nowMs + POLL_MS;
      for (const endpoint of owned.all()) {
        endpoint.wantsReading = true;
        // what was read ahead is sent or grows old also while nothing else happens to the endpoint
        if (endpoint.ready.length > 0) sender.pump(endpoint);
      }
    }
    if (nowMs >= looksAtMs) {
      looksAtMs = nowMs + POLL_MS;
      if (await owned.take()) look();
    }
    await reader.read(owned.all());
    const idle = [...owned.all()].filter(isIdle);
    if (idle.length > 0) void leave(idle);
  }

  // Nobody waits for it.
  async function leave(idle: readonly OwnedEndpoint[]): Promise<void> {
    try {
      await owned.letGo(idle);
    } catch (error) {
      log.debug({ err: error }, "endpoints cannot be let go of now");
    }
    if (idle.some((endpoint) => endpoint.wantsReading)) signal.raise();
  }

  // Until somebody is to be read who rests, or it is time to look again.
  function restMs(): number {
    const nowMs = performance.now();
    let restsUntilMs = nowMs + POLL_MS;
    for (const endpoint of owned.all()) {
      if (endpoint.wantsReading && endpoint.restsUntilMs > nowMs) {
        restsUntilMs = Math.min(restsUntilMs, endpoint.restsUntilMs);
      }
    }
    return restsUntilMs - nowMs;
  }

  const isIdle = (endpoint: OwnedEndpoint) =>
    isOwned(endpoint) &&
    !endpoint.wantsReading &&
    !endpoint.hasMore &&
    !endpoint.isBusy &&
    endpoint.open.size + endpoint.ready.length === 0 &&
    performance.now() - endpoint.activeAtMs >= settings.lingerMs;

  function look(): void {
    looksAtMs = 0;
    signal.raise();
  }

  // Wake-ups do not shorten it; shutdown does.
  async function pause(forMs: number): Promise<void> {
    const until = performance.now() + forMs;
    for (let left = forMs; left > 0 && !isStopping(); left = until - performance.now()) {
      signal.lower();
      await signal.wait(left);
    }
  }

  const sweeper = createEndpointSweeper(pools.deliver, aheadMs);
  const periodics = [
    // Twice as often as need be, so that one failure does not cost a lease.
    startPeriodic("renewing leases of endpoints", settings.renewAfterMs / 2, log, () =>
      owned.renew(settings.renewAfterMs),
    ),
    startPeriodic("the sweep of endpoints", settings.sweepMs, log, async () => {
      const queued = await sweeper.sweep();
      if (queued === 0) return;
      log.info({ queued }, "found endpoints that the queue did not know of");
      look();
    }),
  ];

  return {
    wake(orgId) {
      for (const endpoint of owned.all())
        if (orgId === undefined || endpoint.orgId === orgId) endpoint.wantsReading = true;
      look();
    },
    stats: () => ({
      endpoints: [...owned.all()].length,
      sending: sender.count(),
      unrecorded: recorder.waiting(),
      ...counts,
    }),
    async stop(graceMs, recordMs) {
      stopper.abort();
      signal.raise();
      await Promise.all([Promise.race([ended, delay(recordMs)]), sender.stop(graceMs)]);
      await Promise.race([recorder.drained(), delay(recordMs)]);
      recorder.stop();
      const closing = [owned.handBack().catch(() => {}), ...periodics.map((periodic) => periodic.stop())]; // PostgreSQL may be gone already
      await Promise.race([Promise.all(closing), delay(500)]);
    },
  };
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
