/** Puts endpoints that have something to send into the queue, for requests; runs that end do so by themselves. */
import type { Tx } from "../db.ts";
import { enqueueEndpoints } from "../runs/end-events.ts";

const ENQUEUE = `
with wanted as (select $2::uuid as endpoint_id), ${enqueueEndpoints("$1::uuid", "wanted")}
select count(*)::int from enqueued`;

/**
 * Puts an endpoint into the queue, in the transaction that makes a delivery of it due: its row there is held until that commits, so that no worker
 * leaves the queue in between. Wake the workers afterwards.
 */
export async function enqueueEndpoint(tx: Tx, orgId: string, endpointId: string): Promise<void> {
  await tx.$queryRawUnsafe(ENQUEUE, orgId, endpointId);
}
