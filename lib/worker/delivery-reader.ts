/** Reads what the endpoints that this worker owns have to send, all of one organization's in one statement, and opens what is sealed. */
import type { Logger } from "pino";
import type { Pool } from "pg";
import { transaction } from "../hot-path/claim.ts";
import { type DueDelivery, type EndpointNow, endWithoutEvent, readDue, type Reading } from "../webhooks/due-store.ts";
import { endPendingDeliveries } from "../webhooks/end-pending-store.ts";
import { formsOfSecrets } from "../webhooks/answer-redaction.ts";
import { openSecret, openToken } from "../webhooks/secret-store.ts";
import { isAboutRows, isLocked } from "./database.ts";
import type { DeliveryTarget, SendableDelivery } from "./delivery-attempt.ts";
import { type DeliverySender, isHungry } from "./delivery-sender.ts";
import type { OwnedEndpoint } from "./owned-endpoints.ts";

/** Endpoints of one statement, and the most bytes of bodies of each. */
const ENDPOINTS_PER_READ = 16;
const BYTES_PER_ENDPOINT = 1 << 20;
/** What is read ahead is to be sent within this time: well before it is too old to be. */
const LOOK_AHEAD_MS = 100;
const MOST_LOOK_AHEAD = 512;
const LEAST_LOOK_AHEAD = 32;
/** One that had nothing to send, however often it is woken, is read again no sooner. */
const REST_MS = 10;
/** One that cannot be read, or whose secrets cannot be opened, is left alone for so long. */
const TROUBLE_REST_MS = 5_000;
/** One that cannot be read because somebody has locked a table, which is over soon. */
const LOCKED_REST_MS = 500;

export type DeliveryReaderOptions = {
  pool: Pool;
  sender: DeliverySender;
  log: Logger;
  aheadMs: () => number;
  /** Nothing is pending any more of an endpoint that was disabled or deleted. */
  onEnded: () => void;
};

export type DeliveryReader = {
  /** Reads those that want it and could send. Rejects where PostgreSQL is away, not where it refuses some; what was not read is read again. */
  read(endpoints: Iterable<OwnedEndpoint>): Promise<void>;
};

/** Makes it. */
export function createDeliveryReader({ pool, sender, log, aheadMs, onEnded }: DeliveryReaderOptions): DeliveryReader {
  const isToBeRead = (endpoint: OwnedEndpoint) =>
    isHungry(endpoint) && !endpoint.isBusy && performance.now() >= endpoint.restsUntilMs && sender.hasRoomFor(endpoint);

  async function readSome(orgId: string, endpoints: readonly OwnedEndpoint[], maxBytes: number): Promise<void> {
    const readAtMs = performance.now();
    for (const endpoint of endpoints) {
      endpoint.lookAhead = lookAheadOf(endpoint, readAtMs);
      endpoint.readAtMs = readAtMs;
      endpoint.sent = 0;
      endpoint.wantsReading = false;
      endpoint.recordedMeanwhile = new Set();
    }
    try {
      const readings = await readDue(pool, orgId, {
        endpoints: endpoints.map(({ endpointId, lookAhead, ready }) => ({
          endpointId,
          limit: Math.max(1, lookAhead - ready.length),
        })),
        maxBytes,
        except: endpoints.flatMap(({ open, ready }) => [...open, ...ready.map(({ delivery }) => delivery.id)]),
        aheadMs: aheadMs(),
      });
      for (const endpoint of endpoints) take(endpoint, readings.get(endpoint.endpointId)!);
    } catch (error) {
      for (const endpoint of endpoints) endpoint.wantsReading = true;
      if (!isAboutRows(error)) throw error;
      log.error({ err: error, orgId }, "what the endpoints of an organization have to send cannot be read now");
      const restMs = isLocked(error) ? LOCKED_REST_MS : TROUBLE_REST_MS;
      for (const endpoint of endpoints) endpoint.restsUntilMs = performance.now() + restMs;
    } finally {
      for (const endpoint of endpoints) endpoint.recordedMeanwhile = undefined;
    }
  }

  function take(endpoint: OwnedEndpoint, { endpoint: now, deliveries, hasMore }: Reading): void {
    if (!now?.isOpen) return void end(endpoint);
    // It was disabled while it was read, and what was read does not know.
    if (!endpoint.recordedMeanwhile) return void (endpoint.wantsReading = true);
    endpoint.share ??= { orgId: endpoint.orgId, environmentId: now.environmentId, targetId: endpoint.endpointId };
    endpoint.health.failingForMs = now.failingForMs;
    const target = targetOf(endpoint, now);
    if (!target) return;
    endpoint.hasMore = hasMore;
    if (deliveries.length > 0) endpoint.activeAtMs = performance.now();
    else endpoint.restsUntilMs = performance.now() + REST_MS;
    // What was sent while this was read is not sent again.
    const isNew = (id: string) => !endpoint.open.has(id) && !endpoint.recordedMeanwhile!.has(id);
    const fresh = deliveries.filter(({ id }) => isNew(id));
    const arrivedAtMs = performance.now();
    const ready = fresh.flatMap((due) => {
      const delivery = toSendable(due);
      return delivery ? [{ delivery, target, arrivedAtMs }] : [];
    });
    if (ready.length < fresh.length) void endUnsendable(endpoint, fresh);
    sender.add(endpoint, ready);
  }

  // Disabled or deleted: nothing is sent any more, and what is pending ends, however much it is.
  async function end(endpoint: OwnedEndpoint): Promise<void> {
    sender.drop(endpoint);
    endpoint.hasMore = false;
    endpoint.isBusy = true;
    try {
      await endPendingDeliveries(endpoint.orgId, endpoint.endpointId);
      // nothing is gained by keeping it
      endpoint.activeAtMs = 0;
    } catch (error) {
      log.warn({ err: error, endpointId: endpoint.endpointId }, "pending deliveries cannot be ended now; trying again");
      endpoint.restsUntilMs = performance.now() + TROUBLE_REST_MS;
      endpoint.wantsReading = true;
    }
    endpoint.isBusy = false;
    onEnded();
  }

  async function endUnsendable(
    { orgId, endpointId }: OwnedEndpoint,
    deliveries: readonly DueDelivery[],
  ): Promise<void> {
    const ids = deliveries.filter(({ body }) => body === null).map(({ id }) => id);
    try {
      await transaction(pool, (client) => endWithoutEvent(client, orgId, endpointId, ids));
    } catch (error) {
      log.warn({ err: error, endpointId }, "deliveries whose events are gone cannot be ended now");
    }
  }

  function targetOf(endpoint: OwnedEndpoint, now: EndpointNow): DeliveryTarget | undefined {
    const sealed = [now.url, now.authToken, ...now.secrets.map((secret) => secret.sealed)].join(" ");
    if (endpoint.target?.sealed === sealed) return endpoint.target.opened;
    try {
      const opened = openTarget(endpoint, now);
      endpoint.target = { sealed, opened };
      return opened;
    } catch (error) {
      log.error({ err: error, endpointId: endpoint.endpointId }, "the secrets of an endpoint cannot be opened");
      sender.drop(endpoint);
      endpoint.restsUntilMs = performance.now() + TROUBLE_REST_MS;
      endpoint.wantsReading = true;
      return undefined;
    }
  }

  return {
    async read(endpoints) {
      const wanted = [...endpoints].filter(isToBeRead);
      // What there is room for is divided among them, for all are read at once. The first delivery of each comes however long it is.
      const share = Math.floor(sender.room() / wanted.length);
      const maxBytes = Math.min(BYTES_PER_ENDPOINT, Math.max(1, share));
      const reads: Promise<void>[] = [];
      for (const [orgId, ofOrg] of Map.groupBy(wanted, (endpoint) => endpoint.orgId)) {
        for (let from = 0; from < ofOrg.length; from += ENDPOINTS_PER_READ) {
          reads.push(readSome(orgId, ofOrg.slice(from, from + ENDPOINTS_PER_READ), maxBytes));
        }
      }
      const failed = (await Promise.allSettled(reads)).find((outcome) => outcome.status === "rejected");
      if (failed?.status === "rejected") throw failed.reason;
    },
  };
}

/** As many as it has sent in such a time, as far as can be told from how it went since it was read. */
function lookAheadOf({ sent, readAtMs }: OwnedEndpoint, nowMs: number): number {
  const perMs = sent / Math.max(1, nowMs - readAtMs);
  return Math.min(MOST_LOOK_AHEAD, Math.max(LEAST_LOOK_AHEAD, Math.ceil(perMs * LOOK_AHEAD_MS)));
}

const toSendable = (due: DueDelivery): SendableDelivery | undefined =>
  due.body === null ? undefined : { ...due, body: Buffer.from(due.body) };

function openTarget({ orgId, endpointId }: OwnedEndpoint, { url, authToken, secrets }: EndpointNow): DeliveryTarget {
  const opened = secrets.map((row) => openSecret(orgId, row));
  const token = authToken === null ? null : openToken(authToken, orgId, endpointId);
  const hidden = formsOfSecrets(token === null ? opened : [token, ...opened]);
  return { endpointId, url, secrets: opened, authToken: token, hidden };
}
