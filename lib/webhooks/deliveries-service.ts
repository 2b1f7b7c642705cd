/** Deliveries: listed, looked at with their attempts, sent again; and the ping, which makes one. */
import * as audit from "../audit/service.ts";
import { type EnvironmentScope, type OrgScope, requirePermission } from "../auth/principal.ts";
import { cursorAfter, idOfCursor, toPage } from "../cursor.ts";
import { prisma, type Tx } from "../db.ts";
import { ApiError, notFound } from "../errors.ts";
import type { WebhookEndpointModel } from "../generated/prisma/models.ts";
import { isId, newId } from "../ids.ts";
import type { PageQuery } from "../page.ts";
import { payloadBudget } from "../runs/payload-store.ts";
import { requireRun } from "../runs/service.ts";
import { toIso } from "../time.ts";
import { wakeWorkers } from "../wake.ts";
import { toAttempt } from "./attempt.ts";
import {
  type DeliveryDetailDto,
  type DeliveryDto,
  type DeliveryPage,
  type ListAllDeliveriesQuery,
  type ListDeliveriesQuery,
  MAX_ATTEMPTS_SHOWN,
} from "./deliveries-schema.ts";
import { type DeliveryRow, findAttempts, findDelivery, findEventBody, findRunDeliveries } from "./deliveries-store.ts";
import { type DeliveryFilter, findDeliveries } from "./delivery-list-store.ts";
import { lockEndpoint, requireEndpoint, type Within, withContext } from "./endpoint-store.ts";
import { PING, toEventId, WEBHOOK_VERSION } from "./event-types.ts";
import { enqueueEndpoint } from "./queue-store.ts";
import type { PingSent } from "./schema.ts";
import { targetOf } from "./service.ts";
import { DELIVERY_STATUSES } from "./statuses.ts";

/** What one attempt takes in memory until its answer is written: 64 KiB, as bytes and as text. */
const ATTEMPT_BYTES = 192 << 10;

/** A delivery as the wire has it. */
export function toDelivery(row: DeliveryRow): DeliveryDto {
  return {
    id: row.id,
    event_id: toEventId(row.event_id),
    event: row.event_type,
    environment: row.environment,
    endpoint_id: row.endpoint_id,
    endpoint_url: row.endpoint_url,
    ...(row.endpoint_deleted ? { endpoint_deleted: true as const } : {}),
    ...(row.run_id === null ? {} : { run_id: row.run_id }),
    status: row.status,
    created_at: toIso(row.created_at),
    attempt_count: row.attempts,
    ...(row.next_attempt_at === null
      ? {}
      : { next_attempt_at: toIso(row.next_attempt_at), next_attempt_trigger: row.trigger }),
    ...(row.last_attempt_at === null ? {} : { last_attempt_at: toIso(row.last_attempt_at) }),
    ...(row.last_status_code === null ? {} : { last_status_code: row.last_status_code }),
    ...(row.last_error === null ? {} : { last_error: row.last_error }),
  };
}

/** The UUID of an event's id on the wire. */
function eventUuid(eventId: string): string {
  const hex = eventId.slice("evt_".length);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function filterOf(query: ListDeliveriesQuery): DeliveryFilter {
  const statuses = [...new Set(query.status)];
  const isNarrowed = statuses.length > 0 && statuses.length < DELIVERY_STATUSES.length;
  return {
    statuses: isNarrowed ? statuses : undefined,
    events: query.event?.length ? query.event : undefined,
    runId: query.run_id?.toLowerCase(),
    eventId: query.event_id && eventUuid(query.event_id),
    createdAfterMs: query.created_after === undefined ? undefined : Date.parse(query.created_after),
    createdBeforeMs: query.created_before === undefined ? undefined : Date.parse(query.created_before),
    beforeId: idOfCursor(query.cursor),
  };
}

async function pageOf(
  scope: Within,
  endpointId: string | undefined,
  query: ListDeliveriesQuery,
): Promise<DeliveryPage> {
  const { rows, lookedTo } = await findDeliveries(scope, { ...filterOf(query), endpointId }, query.limit + 1);
  const page = toPage(rows, query.limit, toDelivery);
  return page.next_cursor === null && lookedTo !== null ? { ...page, next_cursor: cursorAfter(lookedTo) } : page;
}

/** A page of the deliveries to one endpoint, deleted or not, newest first. Throws 404. */
export async function listEndpointDeliveries(
  scope: Within,
  endpointId: string,
  query: ListDeliveriesQuery,
): Promise<DeliveryPage> {
  requirePermission(scope, "webhooks:read");
  await requireEndpoint(scope, endpointId, { deleted: true });
  return pageOf(scope, endpointId, query);
}

/** A page of the deliveries to all endpoints of an environment or of the organization, or to the one that is named, newest first. */
export async function listDeliveries(scope: Within, query: ListAllDeliveriesQuery): Promise<DeliveryPage> {
  requirePermission(scope, "webhooks:read");
  return pageOf(scope, query.endpoint_id?.toLowerCase(), query);
}

/** A page of the deliveries of one run, newest first. Throws 404 for a run that is not the scope's. */
export async function listRunDeliveries(
  scope: OrgScope | EnvironmentScope,
  runId: string,
  query: PageQuery,
): Promise<DeliveryPage> {
  requirePermission(scope, "webhooks:read");
  const run = await requireRun(scope, runId);
  const beforeId = idOfCursor(query.cursor);
  const about = { id: run.id, createdAtMs: run.created_at.getTime() };
  return toPage(await findRunDeliveries(scope, about, { beforeId }, query.limit + 1), query.limit, toDelivery);
}

/** One delivery to an endpoint, deleted or not. Throws 404. */
export async function requireDelivery(scope: Within, endpointId: string, id: string): Promise<DeliveryRow> {
  await requireEndpoint(scope, endpointId, { deleted: true });
  const row = isId(id) ? await findDelivery(scope.orgId, endpointId, id) : undefined;
  if (!row) throw notFound("Delivery");
  return row;
}

/**
 * One delivery with its newest attempts; with what was sent and what came back where the caller may read payloads. Throws 404, and 503
 * `overloaded` while too much is being read.
 */
export async function getDelivery(scope: Within, endpointId: string, id: string): Promise<DeliveryDetailDto> {
  requirePermission(scope, "webhooks:read");
  const row = await requireDelivery(scope, endpointId, id);
  const withBodies = scope.permissions.has("payloads:read");
  const bytes = Math.min(row.attempts, MAX_ATTEMPTS_SHOWN) * ATTEMPT_BYTES;
  const release = withBodies && bytes > 0 ? await payloadBudget().take(scope.orgId, bytes) : undefined;
  try {
    const attempts = await findAttempts(scope.orgId, id, { upTo: row.attempts, limit: MAX_ATTEMPTS_SHOWN, withBodies });
    const body = withBodies ? await findEventBody(scope.orgId, row.event_id) : undefined;
    return {
      ...toDelivery(row),
      ...(body === undefined ? {} : { request_body: body }),
      attempts: attempts.map(toAttempt),
    };
  } finally {
    release?.();
  }
}

/** The endpoint's row, held and able to be sent to. Throws 404, and 409 `conflict` for one that is disabled. */
async function lockActiveEndpoint(tx: Tx, orgId: string, id: string): Promise<WebhookEndpointModel> {
  const endpoint = await lockEndpoint(tx, orgId, id);
  if (!endpoint.active) throw new ApiError("conflict", "The webhook is disabled: enable it first");
  return endpoint;
}

/** A delivery to an endpoint that is not deleted: to one that is nothing is sent. Throws 404. */
export async function findDeliveryToResend(scope: Within, endpointId: string, id: string): Promise<DeliveryRow> {
  await requireEndpoint(scope, endpointId);
  return requireDelivery(scope, endpointId, id);
}

/**
 * Sends a delivery again, now. One that is waiting makes its next attempt now and goes on with its schedule from there; one that has ended makes
 * one attempt: success makes it DELIVERED, failure leaves it as it was. Throws 404, and 409 `conflict` where the endpoint is disabled.
 */
export async function resendDelivery(scope: Within, endpointId: string, id: string): Promise<DeliveryDto> {
  requirePermission(scope, "webhooks:manage");
  await findDeliveryToResend(scope, endpointId, id);
  const { orgId } = scope;
  await prisma().$transaction(async (tx) => {
    const endpoint = await lockActiveEndpoint(tx, orgId, endpointId);
    await tx.$executeRaw`
      update webhook_delivery set next_attempt_at = now(), trigger = 'resend'
      where org_id = ${orgId}::uuid and endpoint_id = ${endpointId}::uuid and id = any(${[id]}::uuid[])`;
    await enqueueEndpoint(tx, orgId, endpointId);
    await audit.record(tx, scope, {
      action: "webhook.resend",
      target: targetOf(endpoint),
      details: { delivery: id },
    });
  });
  wakeWorkers();
  return toDelivery(await requireDelivery(scope, endpointId, id));
}

/** Sends a `ping`, which is a delivery like any other. Throws 404, and 409 `conflict` where the endpoint is disabled. */
export async function pingEndpoint(scope: Within, endpointId: string): Promise<PingSent> {
  requirePermission(scope, "webhooks:manage");
  await requireEndpoint(scope, endpointId);
  const { orgId } = scope;
  const deliveryId = await prisma().$transaction(async (tx) => {
    const endpoint = await lockActiveEndpoint(tx, orgId, endpointId);
    const [row] = await withContext(orgId, [endpoint], tx);
    const id = await writePing(tx, endpoint, row!.environment);
    await enqueueEndpoint(tx, orgId, endpointId);
    await audit.record(tx, scope, { action: "webhook.ping", target: targetOf(endpoint) });
    return id;
  });
  wakeWorkers();
  return { delivery_id: deliveryId };
}

/** The body of a ping, as the bodies of runs are made by the statement that ends them. */
export function pingBody(ping: { eventId: string; endpointId: string; environment: string; at: Date }): string {
  return JSON.stringify({
    id: toEventId(ping.eventId),
    type: PING,
    webhook_version: WEBHOOK_VERSION,
    environment: ping.environment,
    created_at: toIso(ping.at),
    data: { endpoint_id: ping.endpointId },
  });
}

async function writePing(tx: Tx, endpoint: WebhookEndpointModel, environment: string): Promise<string> {
  const { orgId, environmentId, id: endpointId } = endpoint;
  const eventId = newId();
  const at = new Date();
  const body = pingBody({ eventId, endpointId, environment, at });
  const event = { environmentId, createdAt: at };
  await tx.webhookEvent.create({ data: { orgId, id: eventId, type: PING, body, ...event } });
  const [delivery] = await tx.$queryRaw<{ id: string }[]>`
    insert into webhook_delivery (org_id, endpoint_id, id, environment_id, event_id, event_type, next_attempt_at)
    values (${orgId}::uuid, ${endpointId}::uuid, (left(${eventId}, 18) || substr(gen_random_uuid()::text, 19))::uuid,
      ${environmentId}::uuid, ${eventId}::uuid, ${PING}, now())
    returning id`;
  return delivery!.id;
}
