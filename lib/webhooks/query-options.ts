/** Webhook endpoints and their deliveries as the browser reads and writes them. */
import { queryOptions } from "@tanstack/react-query";

import { portalFetch, portalUrl } from "../http/portal-client.ts";
import { createdRange } from "../runs/created-range.ts";
import type {
  DeliveryDetailDto,
  DeliveryDto,
  DeliveryPage,
  DeliveryStatusName,
  ReceiverCheck,
} from "./deliveries-schema.ts";
import type { EventType } from "./event-types.ts";
import type {
  CreatedEndpoint,
  EndpointChanges,
  EndpointDto,
  EventCataloguePage,
  NewEndpoint,
  PingSent,
  PortalEndpointDto,
  PortalEndpointPage,
  Recovering,
  RotatedEndpointSecret,
} from "./schema.ts";

/** What writes need: the environment goes with every one, so that the server can refuse what stands elsewhere. */
type ExistingEndpoint = Pick<EndpointDto, "id" | "environment">;
type ExistingDelivery = Pick<DeliveryDto, "id" | "endpoint_id" | "environment">;

/** What a list of deliveries is narrowed to. */
export type DeliveryFilters = {
  status: readonly DeliveryStatusName[];
  event: readonly EventType[];
  /** Only where the list is of several endpoints. */
  endpointId: string | null;
  runId: string | null;
  /** `evt_…`: what a receiver has in its log. */
  eventId: string | null;
  /** `1h`, `24h`, `7d`, `30d` back from now, or `2026-11-01..2026-11-21` (days in UTC, both included). */
  created: string | null;
};

const endpointPath = (id: string, rest = "") => `/api/webhooks/${encodeURIComponent(id)}${rest}`;
const deliveryPath = ({ endpoint_id: endpoint, id }: Pick<DeliveryDto, "id" | "endpoint_id">, rest = "") =>
  endpointPath(endpoint, `/deliveries/${encodeURIComponent(id)}${rest}`);

/** One page of the endpoints of an environment (or of `all`) with their health; with `deleted` those that were deleted. */
export function endpointsQuery(environment: string, { deleted = false, cursor = null as string | null } = {}) {
  return queryOptions({
    queryKey: ["webhooks", environment, deleted, cursor],
    queryFn: ({ signal }) =>
      portalFetch<PortalEndpointPage>(
        portalUrl("/api/webhooks", {
          environment,
          deleted: deleted ? "true" : undefined,
          cursor: cursor ?? undefined,
        }),
        { signal },
      ),
  });
}

/** One endpoint with its health, deleted or not, whatever its environment. */
export function endpointQuery(id: string) {
  return queryOptions({
    queryKey: ["webhook", id],
    queryFn: ({ signal }) => portalFetch<PortalEndpointDto>(endpointPath(id), { signal }),
  });
}

/** What types of events there are, with a body of each. */
export function eventTypesQuery() {
  return queryOptions({
    queryKey: ["webhook-event-types"],
    queryFn: ({ signal }) => portalFetch<EventCataloguePage>("/api/webhooks/event-types", { signal }),
    staleTime: Infinity,
  });
}

function filterParams({ status, event, runId, eventId, created }: DeliveryFilters) {
  const { createdAfter, createdBefore } = createdRange(created, Date.now());
  return {
    status,
    event,
    run_id: runId ?? undefined,
    event_id: eventId ?? undefined,
    created_after: createdAfter,
    created_before: createdBefore,
  };
}

/** One page of an endpoint's deliveries, newest first. A relative range is resolved at each read. */
export function endpointDeliveriesQuery(endpointId: string, filters: DeliveryFilters, cursor: string | null) {
  return queryOptions({
    queryKey: ["webhook-deliveries", endpointId, filters, cursor],
    queryFn: ({ signal }) =>
      portalFetch<DeliveryPage>(
        portalUrl(endpointPath(endpointId, "/deliveries"), { ...filterParams(filters), cursor: cursor ?? undefined }),
        { signal },
      ),
  });
}

/** One page of the deliveries to all endpoints of an environment (or of `all`), newest first. */
export function deliveriesQuery(environment: string, filters: DeliveryFilters, cursor: string | null) {
  return queryOptions({
    queryKey: ["webhook-deliveries", { environment }, filters, cursor],
    queryFn: ({ signal }) =>
      portalFetch<DeliveryPage>(
        portalUrl("/api/webhooks/deliveries", {
          environment,
          endpoint_id: filters.endpointId ?? undefined,
          ...filterParams(filters),
          cursor: cursor ?? undefined,
        }),
        { signal },
      ),
  });
}

/** The deliveries of one run, newest first. */
export function runDeliveriesQuery(runId: string) {
  return queryOptions({
    queryKey: ["run-deliveries", runId],
    queryFn: ({ signal }) =>
      portalFetch<DeliveryPage>(portalUrl(`/api/runs/${encodeURIComponent(runId)}/deliveries`, { limit: 100 }), {
        signal,
      }),
  });
}

/** One delivery with its attempts. */
export function deliveryQuery(delivery: Pick<DeliveryDto, "id" | "endpoint_id">) {
  return queryOptions({
    queryKey: ["webhook-delivery", delivery.id],
    queryFn: ({ signal }) => portalFetch<DeliveryDetailDto>(deliveryPath(delivery), { signal }),
  });
}

const post = <Answer>(path: string, environment: string, body: unknown = {}) =>
  portalFetch<Answer>(portalUrl(path, { environment }), { method: "POST", body });

/** Makes an endpoint of an environment. The answer is the only one that carries its secret. */
export function createEndpoint(environment: string, endpoint: NewEndpoint): Promise<CreatedEndpoint> {
  return post("/api/webhooks", environment, endpoint);
}

/** Changes an endpoint; `active: true` enables it again. */
export function updateEndpoint({ id, environment }: ExistingEndpoint, changes: EndpointChanges): Promise<EndpointDto> {
  return portalFetch(portalUrl(endpointPath(id), { environment }), { method: "PATCH", body: changes });
}

/** Deletes an endpoint: what was to be sent is canceled, its history stays. */
export function deleteEndpoint({ id, environment }: ExistingEndpoint): Promise<void> {
  return portalFetch(portalUrl(endpointPath(id), { environment }), { method: "DELETE" });
}

/** Makes a new secret, shown in the answer only; the old one signs beside it for 24 hours, or ends now. */
export function rotateEndpointSecret(
  { id, environment }: ExistingEndpoint,
  keepOld: "24h" | "now",
): Promise<RotatedEndpointSecret> {
  return post(endpointPath(id, "/rotate-secret"), environment, { keep_old: keepOld });
}

/** Sends a `ping`: a delivery like any other. */
export function pingEndpoint({ id, environment }: ExistingEndpoint): Promise<PingSent> {
  return post(endpointPath(id, "/ping"), environment);
}

/** Tries how the receiver takes good and bad requests. Takes as long as the receiver does, at most a minute. */
export function checkReceiver({ id, environment }: ExistingEndpoint): Promise<ReceiverCheck> {
  return post(endpointPath(id, "/check"), environment);
}

/** Sends everything again that has failed since a time (ISO 8601), or between two. */
export function recoverEndpoint(
  { id, environment }: ExistingEndpoint,
  range: { since: string; until?: string },
): Promise<Recovering> {
  return post(endpointPath(id, "/recover"), environment, range);
}

/** Sends one delivery again, now. */
export function resendDelivery(delivery: ExistingDelivery): Promise<DeliveryDto> {
  return post(deliveryPath(delivery, "/resend"), delivery.environment);
}
