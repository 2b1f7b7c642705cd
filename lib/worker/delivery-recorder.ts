/**
 * Records attempts, and what they say about their endpoints: one whose receiver is gone, or fails for five days, is disabled. What an endpoint is said
 * to be is written only when that changes.
 */
import type { Logger } from "pino";
import type { Pool } from "pg";
import { transaction } from "../hot-path/claim.ts";
import { type AttemptResult, recordAttempts } from "../webhooks/attempt-store.ts";
import { disableEndpoint, type DisablingReason, markFailing, markHealthy } from "../webhooks/health-service.ts";
import { FAILING_LIMIT_MS } from "../webhooks/retry-delay.ts";
import { isGone } from "./delivery-attempt.ts";
import { createOrgBatches } from "./org-batches.ts";

/** For how long every attempt of an endpoint has failed, as far as is known; null where the last one has not. */
export type EndpointHealth = { failingForMs: number | null };

export type DeliveryRecorder = {
  /** Takes a result over; it is recorded some time later. */
  add(orgId: string, result: AttemptResult, health: EndpointHealth): void;
  waiting(): number;
  /** Whether another result of this organization may be waited for: not while its own cannot be recorded, nor beyond its share. */
  hasRoomFor(orgId: string): boolean;
  drained(): Promise<void>;
  /** Gives up what could not be recorded: it will be sent again. */
  stop(): void;
};

export type DeliveryRecorderOptions = {
  pool: Pool;
  log: Logger;
  aheadMs: () => number;
  /** Called once for each result, when it is recorded or known to be somebody else's. */
  onSettled: (orgId: string, result: AttemptResult) => void;
  /** Called instead, once, for one that can be stored in no form: the delivery is as due as it was. */
  onUnstorable: (orgId: string, result: AttemptResult) => void;
  onDisabled: (orgId: string, endpointId: string) => void;
};

/** Half as many batches cost PostgreSQL less than two at a time gain. Another one is for organizations that have rested. */
const CONNECTIONS = 1;

/** Results that wait to be recorded, in characters and bytes: of organizations of which it is possible; of one; and of all. */
const MOST_WAITING = 16 << 20;
const MOST_OF_ONE = MOST_WAITING / 2;
const MOST_WITH_RESTING = 4 * MOST_WAITING;

type Item = { result: AttemptResult; health: EndpointHealth };
type Endpoint = { orgId: string; endpointId: string };
type Disabling = { reason: DisablingReason; url: string };

const OVERHEAD = 1_000;
const NO_HEADERS = "{}";

function sizeOf({ result }: Item): number {
  return (
    OVERHEAD + result.requestHeaders.length + (result.responseHeaders?.length ?? 0) + (result.responseBody?.length ?? 0)
  );
}

/** Makes it, over a pool that has two connections for it. */
export function createDeliveryRecorder(options: DeliveryRecorderOptions): DeliveryRecorder {
  const { pool, log, aheadMs, onSettled, onUnstorable, onDisabled } = options;
  const batches = createOrgBatches<Item>({
    name: "attempts",
    log,
    connections: CONNECTIONS,
    sizeOf,
    record,
    insteadOf: lessOf,
  });
  // Those that are recorded, while their endpoint is being disabled.
  let noting = 0;
  const whenNoted: (() => void)[] = [];

  function hasRoomFor(orgId: string): boolean {
    const size = batches.waitingSize();
    return (
      size - batches.restingSize() < MOST_WAITING &&
      size < MOST_WITH_RESTING &&
      batches.waitingSizeOf(orgId) < MOST_OF_ONE &&
      !batches.isResting(orgId)
    );
  }

  // What cannot be stored of an attempt, it is recorded without: first without the answer, then without every text that was made for it. What is left,
  // its times, its status and a code, can be stored where anything can.
  function lessOf(orgId: string, { result, health }: Item, refusal: unknown): Item | undefined {
    const { endpointId, deliveryId, error } = result;
    log.error({ err: refusal, orgId, endpointId, deliveryId }, "an attempt cannot be stored");
    if (result.responseHeaders !== null) {
      return { result: { ...result, responseHeaders: null, responseBody: null }, health };
    }
    if (result.requestHeaders === NO_HEADERS) {
      onUnstorable(orgId, result);
      return undefined;
    }
    const inWords = error && { ...error, message: "What came back cannot be stored" };
    return { result: { ...result, requestHeaders: NO_HEADERS, error: inWords }, health };
  }

  async function record(orgId: string, items: Item[]): Promise<void> {
    const lost = await recordWithHealth(orgId, items);
    if (lost.length > 0) log.warn({ orgId, attempts: lost.length }, "attempts had been recorded by somebody else");
    for (const [endpointId, ofEndpoint] of Map.groupBy(items, ({ result }) => result.endpointId)) {
      const disabling = toDisable(ofEndpoint);
      if (disabling) void disableAndSettle({ orgId, endpointId }, disabling, ofEndpoint);
      else settle(orgId, ofEndpoint);
    }
  }

  function settle(orgId: string, items: readonly Item[]): void {
    for (const { result } of items) onSettled(orgId, result);
  }

  /** Returns deliveries whose attempt somebody else has recorded. */
  async function recordWithHealth(orgId: string, items: readonly Item[]): Promise<string[]> {
    const results = items.map(({ result }) => result);
    const well = items.filter(({ result, health }) => result.error === null && health.failingForMs !== null);
    const failing = newlyFailing(items, well);
    if (well.length + failing.length === 0) return recordAttempts(pool, orgId, results, aheadMs());
    const lost = await transaction(pool, async (client) => {
      if (well.length > 0) await markHealthy(client, orgId, endpointsOf(well));
      if (failing.length > 0) await markFailing(client, orgId, endpointsOf(failing), { aheadMs: aheadMs() });
      return recordAttempts(client, orgId, results, aheadMs());
    });
    for (const { health } of well) health.failingForMs = null;
    for (const { health } of failing) health.failingForMs = 0;
    return lost;
  }

  // Nobody else's attempts wait for it. Not worth recording anything again where it fails: the next attempts say the same.
  async function disableAndSettle(endpoint: Endpoint, disabling: Disabling, items: readonly Item[]): Promise<void> {
    noting += items.length;
    try {
      await disable(endpoint, disabling);
    } catch (error) {
      log.warn({ err: error, endpointId: endpoint.endpointId }, "an endpoint cannot be disabled now");
    }
    noting -= items.length;
    settle(endpoint.orgId, items);
    if (noting === 0) for (const resolve of whenNoted.splice(0)) resolve();
  }

  async function disable(endpoint: Endpoint, { reason, url }: Disabling): Promise<void> {
    if (!(await disableEndpoint(endpoint, { reason, url, aheadMs: aheadMs() }))) return;
    log.info({ ...endpoint, reason }, "a webhook endpoint was disabled");
    onDisabled(endpoint.orgId, endpoint.endpointId);
  }

  return {
    add: (orgId, result, health) => batches.add(orgId, { result, health }),
    waiting: () => batches.waiting() + noting,
    hasRoomFor,
    async drained() {
      await batches.drained();
      if (noting > 0) await new Promise<void>((resolve) => whenNoted.push(resolve));
    },
    stop: () => batches.stop(),
  };
}

const endpointsOf = (items: readonly Item[]): string[] => [...new Set(items.map(({ result }) => result.endpointId))];

/** The last of each endpoint, where it has failed and nothing said so before, or these, which are well, end that. */
function newlyFailing(items: readonly Item[], well: readonly Item[]): Item[] {
  if (items.every(({ result }) => result.error === null)) return [];
  const lastOf = new Map(items.map((item) => [item.result.endpointId, item]));
  const wellNow = new Set(well.map(({ health }) => health));
  return [...lastOf.values()].filter(
    ({ result, health }) => result.error !== null && (health.failingForMs === null || wellNow.has(health)),
  );
}

/** Whether one endpoint's attempts, which are recorded, say that it is to be disabled. */
function toDisable(items: readonly Item[]): Disabling | undefined {
  const gone = items.find(({ result }) => isGone(result));
  if (gone) return { reason: "gone", url: gone.result.url };
  const { result, health } = items.at(-1)!;
  const isOver = result.error !== null && (health.failingForMs ?? 0) >= FAILING_LIMIT_MS;
  return isOver ? { reason: "failing", url: result.url } : undefined;
}
