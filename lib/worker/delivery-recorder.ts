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
  /** Characters and bytes that wait to be recorded. */
  waitingSize(): number;
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
  onDisabled: (orgId: string, endpointId: string) => void;
};

/** Half as many batches cost PostgreSQL less than two at a time gain. */
const CONNECTIONS = 1;

type Item = { result: AttemptResult; health: EndpointHealth };

const OVERHEAD = 1_000;
const NO_HEADERS = "{}";

function sizeOf({ result }: Item): number {
  return (
    OVERHEAD + result.requestHeaders.length + (result.responseHeaders?.length ?? 0) + (result.responseBody?.length ?? 0)
  );
}

/** Makes it, over a pool that has a connection for it. */
export function createDeliveryRecorder(options: DeliveryRecorderOptions): DeliveryRecorder {
  const { pool, log, aheadMs, onSettled, onDisabled } = options;
  const batches = createOrgBatches<Item>({
    name: "attempts",
    log,
    connections: CONNECTIONS,
    sizeOf,
    record,
    insteadOf: lessOf,
  });

  // What cannot be stored of an attempt, it is recorded without: first without the answer, then without every text that was made for it. What is left,
  // its times, its status and a code, can be stored where anything can.
  function lessOf(orgId: string, { result, health }: Item, refusal: unknown): Item | undefined {
    const { endpointId, deliveryId, error } = result;
    log.error({ err: refusal, orgId, endpointId, deliveryId }, "an attempt cannot be stored");
    if (result.responseHeaders !== null) {
      return { result: { ...result, responseHeaders: null, responseBody: null }, health };
    }
    if (result.requestHeaders === NO_HEADERS) return undefined;
    const inWords = error && { ...error, message: "What came back cannot be stored" };
    return { result: { ...result, requestHeaders: NO_HEADERS, error: inWords }, health };
  }

  async function record(orgId: string, items: Item[]): Promise<void> {
    const results = items.map(({ result }) => result);
    const lost = await recordWithHealth(orgId, items);
    if (lost.length > 0) log.warn({ orgId, attempts: lost.length }, "attempts had been recorded by somebody else");
    for (const [endpointId, ofEndpoint] of Map.groupBy(items, ({ result }) => result.endpointId)) {
      await note(orgId, endpointId, ofEndpoint);
    }
    for (const result of results) onSettled(orgId, result);
  }

  /** Returns deliveries whose attempt somebody else has recorded. */
  async function recordWithHealth(orgId: string, items: readonly Item[]): Promise<string[]> {
    const results = items.map(({ result }) => result);
    const well = items.filter(({ result, health }) => result.error === null && health.failingForMs !== null);
    if (well.length === 0) return recordAttempts(pool, orgId, results, aheadMs());
    const endpointIds = [...new Set(well.map(({ result }) => result.endpointId))];
    const lost = await transaction(pool, async (client) => {
      await markHealthy(client, orgId, endpointIds);
      return recordAttempts(client, orgId, results, aheadMs());
    });
    for (const { health } of well) health.failingForMs = null;
    return lost;
  }

  // Not worth recording anything again: the next attempts say the same.
  async function note(orgId: string, endpointId: string, items: readonly Item[]): Promise<void> {
    try {
      await noteHealth({ orgId, endpointId }, items);
    } catch (error) {
      log.warn({ err: error, endpointId }, "what attempts say about an endpoint cannot be written now");
    }
  }

  async function noteHealth(endpoint: { orgId: string; endpointId: string }, items: readonly Item[]): Promise<void> {
    const last = items.at(-1)!;
    const { health } = last;
    const gone = items.find(({ result }) => isGone(result));
    if (gone) return disable(endpoint, gone.result, "gone");
    if (last.result.error === null) return;
    if (health.failingForMs === null) {
      await markFailing(endpoint, { aheadMs: aheadMs() });
      health.failingForMs = 0;
    } else if (health.failingForMs >= FAILING_LIMIT_MS) await disable(endpoint, last.result, "failing");
  }

  async function disable(
    endpoint: { orgId: string; endpointId: string },
    { url }: AttemptResult,
    reason: DisablingReason,
  ): Promise<void> {
    if (!(await disableEndpoint(endpoint, { reason, url, aheadMs: aheadMs() }))) return;
    log.info({ ...endpoint, reason }, "a webhook endpoint was disabled");
    onDisabled(endpoint.orgId, endpoint.endpointId);
  }

  return {
    add: (orgId, result, health) => batches.add(orgId, { result, health }),
    waiting: () => batches.waiting(),
    waitingSize: () => batches.waitingSize(),
    drained: () => batches.drained(),
    stop: () => batches.stop(),
  };
}
