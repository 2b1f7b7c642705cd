/** The endpoints that this worker owns: taken from the queue, kept by renewing leases, and let go when they have nothing to send. */
import type { Logger } from "pino";
import type { Pool } from "pg";
import { transaction } from "../hot-path/claim.ts";
import { newId } from "../ids.ts";
import {
  handBackEndpoints,
  letEndpointsGo,
  listDueEndpoints,
  renewEndpoints,
  takeEndpoints,
} from "../webhooks/ownership-store.ts";
import { isAboutRows } from "./database.ts";
import type { DeliveryTarget, SendableDelivery } from "./delivery-attempt.ts";
import type { EndpointHealth } from "./delivery-recorder.ts";
import { forEachOrganization } from "./each-organization.ts";
import type { Share } from "./shares.ts";

/** Of one look into the queue, so that several workers share what is there. */
const TAKEN_AT_ONCE = 32;
/** An organization of which PostgreSQL refuses to take endpoints is left alone for so long. */
const REFUSED_REST_MS = 1_000;

/** A delivery that was read and is not sent yet, with what its endpoint was then, and when the reading had come. */
export type Ready = { delivery: SendableDelivery; target: DeliveryTarget; arrivedAtMs: number };

/** All times in milliseconds of performance.now(). */
export type OwnedEndpoint = {
  readonly orgId: string;
  readonly endpointId: string;
  /** From then on somebody else may own it: nothing is sent any more. */
  leasedUntilMs: number;
  /** Known once it was read. */
  share: Share | undefined;
  target: { sealed: string; opened: DeliveryTarget } | undefined;
  health: EndpointHealth;
  ready: Ready[];
  /** Deliveries that are being sent, or are sent and not recorded yet. */
  readonly open: Set<string>;
  /** While it is being read: what was recorded since, which the reading may not know of. Undefined also where what is being read is void. */
  recordedMeanwhile: Set<string> | undefined;
  /** It may have more to send than was read. */
  wantsReading: boolean;
  hasMore: boolean;
  /** Not to be read before. */
  restsUntilMs: number;
  /** When it last had something to send. */
  activeAtMs: number;
  /** How many deliveries are read ahead; when it was read last, and how many were sent since. */
  lookAhead: number;
  readAtMs: number;
  sent: number;
  /** Not to be read now: what is pending is being ended, because it is disabled or deleted; or it is being let go of. */
  isBusy: boolean;
};

export type OwnedEndpoints = {
  all(): Iterable<OwnedEndpoint>;
  get(orgId: string, endpointId: string): OwnedEndpoint | undefined;
  /** Takes endpoints that are due from the queue. Returns whether there may be more. Rejects where PostgreSQL is away, not where it refuses some. */
  take(): Promise<boolean>;
  /** Renews leases that are older than this. An endpoint whose lease is lost is no longer owned. Rejects after the others where some are refused. */
  renew(olderThanMs: number): Promise<void>;
  /** Lets these go, which have nothing to send and are not read meanwhile. Those that turn out to have something are to be read again. Rejects
   * after the others where some are refused. */
  letGo(endpoints: readonly OwnedEndpoint[]): Promise<void>;
  /** To be called when the last delivery of one that is not owned any more is recorded. */
  forget(endpoint: OwnedEndpoint): void;
  /** Gives everything back. */
  handBack(): Promise<void>;
};

function newEndpoint(orgId: string, endpointId: string): OwnedEndpoint {
  return {
    orgId,
    endpointId,
    leasedUntilMs: 0,
    share: undefined,
    target: undefined,
    health: { failingForMs: null },
    ready: [],
    open: new Set(),
    recordedMeanwhile: undefined,
    wantsReading: true,
    hasMore: false,
    restsUntilMs: 0,
    activeAtMs: performance.now(),
    lookAhead: 1,
    readAtMs: performance.now(),
    sent: 0,
    isBusy: false,
  };
}

export const isOwned = (endpoint: OwnedEndpoint): boolean => performance.now() < endpoint.leasedUntilMs;

const keyOf = (orgId: string, endpointId: string): string => `${orgId} ${endpointId}`;

export type OwnedEndpointsOptions = {
  pool: Pool;
  log: Logger;
  leaseMs: number;
  /** As in ownership-store.ts. */
  aheadMs: () => number;
  /** An endpoint is no longer owned. */
  onLost: (endpoint: OwnedEndpoint) => void;
};

/** Makes it. */
export function createOwnedEndpoints(options: OwnedEndpointsOptions): OwnedEndpoints {
  const { pool, log, leaseMs, aheadMs, onLost } = options;
  const lease = { leaseId: newId(), leaseMs };
  const endpoints = new Map<string, OwnedEndpoint>();
  const get = (orgId: string, endpointId: string) => endpoints.get(keyOf(orgId, endpointId));
  // Of statements that failed it is not known what they took. It is handed back instead of waiting for the lease to lapse.
  const uncertain: { orgId: string; endpointIds: string[] }[] = [];
  const restsUntilMs = new Map<string, number>();

  const byOrg = (some: readonly OwnedEndpoint[]) => Map.groupBy(some, (endpoint) => endpoint.orgId);
  const idsOf = (some: readonly OwnedEndpoint[]) => some.map((endpoint) => endpoint.endpointId);

  async function handBackUncertain(): Promise<void> {
    for (let one = uncertain[0]; one; one = uncertain[0]) {
      const { orgId, endpointIds } = one;
      const notOurs = endpointIds.filter((id) => !get(orgId, id));
      try {
        await handBackEndpoints(pool, orgId, notOurs, lease.leaseId);
      } catch (error) {
        if (!isAboutRows(error)) throw error;
        log.error({ err: error, orgId }, "endpoints cannot be handed back; their leases will lapse");
      }
      uncertain.shift();
    }
  }

  function resting(): string[] {
    const nowMs = performance.now();
    for (const [orgId, untilMs] of restsUntilMs) if (untilMs <= nowMs) restsUntilMs.delete(orgId);
    return [...restsUntilMs.keys()];
  }

  async function takeOf(orgId: string, endpointIds: string[]): Promise<void> {
    const takenAtMs = performance.now();
    try {
      for (const endpointId of await takeEndpoints(pool, orgId, endpointIds, lease, aheadMs())) {
        const endpoint = get(orgId, endpointId) ?? newEndpoint(orgId, endpointId);
        endpoint.leasedUntilMs = takenAtMs + leaseMs;
        endpoint.activeAtMs = takenAtMs;
        endpoint.wantsReading = true;
        endpoints.set(keyOf(orgId, endpointId), endpoint);
      }
    } catch (error) {
      uncertain.push({ orgId, endpointIds });
      if (!isAboutRows(error)) throw error;
      log.error({ err: error, orgId }, "the endpoints of an organization cannot be taken now");
      restsUntilMs.set(orgId, performance.now() + REFUSED_REST_MS);
    }
  }

  function forget(endpoint: OwnedEndpoint): void {
    endpoint.leasedUntilMs = 0;
    onLost(endpoint);
    // What is still open must not be sent again by us, should we take the endpoint again.
    if (endpoint.open.size === 0) endpoints.delete(keyOf(endpoint.orgId, endpoint.endpointId));
  }

  async function letGoOf(orgId: string, some: readonly OwnedEndpoint[]): Promise<void> {
    const ids = idsOf(some);
    const gone = await transaction(pool, (client) => letEndpointsGo(client, orgId, ids, lease.leaseId, aheadMs()));
    for (const endpoint of some) {
      if (gone.includes(endpoint.endpointId)) forget(endpoint);
      else endpoint.wantsReading = true;
    }
  }

  return {
    all: () => endpoints.values(),
    get,
    async take() {
      await handBackUncertain();
      const due = await listDueEndpoints(pool, TAKEN_AT_ONCE, aheadMs(), resting());
      const taking = await Promise.allSettled([...due].map(([orgId, endpointIds]) => takeOf(orgId, endpointIds)));
      for (const outcome of taking) if (outcome.status === "rejected") throw outcome.reason;
      return [...due.values()].flat().length === TAKEN_AT_ONCE;
    },
    async renew(olderThanMs) {
      const nowMs = performance.now();
      const old = [...endpoints.values()].filter(
        ({ leasedUntilMs }) => leasedUntilMs > 0 && leasedUntilMs - leaseMs <= nowMs - olderThanMs,
      );
      await forEachOrganization(byOrg(old), async (orgId, ofOrg) => {
        const renewed = await renewEndpoints(pool, orgId, idsOf(ofOrg), lease);
        for (const endpoint of ofOrg) {
          if (renewed.has(endpoint.endpointId)) endpoint.leasedUntilMs = nowMs + leaseMs;
          else forget(endpoint);
        }
      });
    },
    async letGo(some) {
      for (const endpoint of some) endpoint.isBusy = true;
      try {
        await forEachOrganization(byOrg(some), letGoOf);
      } finally {
        for (const endpoint of some) endpoint.isBusy = false;
      }
    },
    forget,
    async handBack() {
      await forEachOrganization(byOrg([...endpoints.values()]), (orgId, ofOrg) =>
        handBackEndpoints(pool, orgId, idsOf(ofOrg), lease.leaseId),
      );
      endpoints.clear();
    },
  };
}
