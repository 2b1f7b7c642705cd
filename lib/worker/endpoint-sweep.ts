/** Looks for endpoints that have something to send and that the queue does not know of: there are none, unless something has gone wrong. */
import type { Pool } from "pg";
import { forEachOrganization } from "./each-organization.ts";
import { listStrandedEndpoints, queueStranded, type QueuedEndpoint } from "../webhooks/ownership-store.ts";

const ENDPOINTS_PER_LOOK = 500;
const NIL = "00000000-0000-0000-0000-000000000000";
const BEFORE_ALL: QueuedEndpoint = { orgId: NIL, endpointId: NIL };

/** A sweeper remembers how far it has looked, so that very many endpoints are looked through in parts. */
export function createEndpointSweeper(pool: Pool, aheadMs: () => number): { sweep(): Promise<number> } {
  let after = BEFORE_ALL;
  return {
    /** Returns how many endpoints it has put into the queue. Rejects after the others where some are refused. */
    async sweep() {
      const looked = await listStrandedEndpoints(pool, after, ENDPOINTS_PER_LOOK, aheadMs());
      after = looked.length === ENDPOINTS_PER_LOOK ? looked.at(-1)! : BEFORE_ALL;
      let queued = 0;
      const stranded = looked.filter(({ isStranded }) => isStranded);
      await forEachOrganization(
        Map.groupBy(stranded, ({ orgId }) => orgId),
        async (_, endpoints) => {
          for (const endpoint of endpoints) if (await queueStranded(pool, endpoint)) queued++;
        },
      );
      return queued;
    },
  };
}
