/** How often the head of an endpoint's page is read anew. Pure. */
import { SECOND_MS } from "@/lib/time";
import type { PortalEndpointDto } from "@/lib/webhooks/schema";

const [POLL_MS, POLL_CHANGING_MS] = [10 * SECOND_MS, SECOND_MS];
/** A first attempt has ended by then: it has 15 s. */
const FIRST_ATTEMPT_MS = 20 * SECOND_MS;

type Changing = {
  recovery?: PortalEndpointDto["recovery"];
  health: Pick<PortalEndpointDto["health"], "last_delivery">;
};

/** Often while it is about to look different: while it is being recovered, and while what was made last, such as a test event, is on its way. */
export function endpointPollMs(endpoint: Changing | undefined, nowMs: number): number {
  const last = endpoint?.health.last_delivery;
  const isOnItsWay = last?.status === "PENDING" && nowMs - Date.parse(last.created_at) < FIRST_ATTEMPT_MS;
  return endpoint?.recovery || isOnItsWay ? POLL_CHANGING_MS : POLL_MS;
}
