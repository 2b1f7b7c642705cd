/** Reads of deliveries: of one run, and one by one with what was sent and what came back. Lists are in delivery-list-store.ts. */
import { pool } from "../db.ts";
import type { WebhookAttemptTrigger, WebhookDeliveryStatus } from "../generated/prisma/enums.ts";
import { CLOCK_SLACK_MS, idFloor } from "../runs/filter-store.ts";
import type { EventType } from "./event-types.ts";

export type DeliveryRow = {
  id: string;
  endpoint_id: string;
  endpoint_url: string;
  endpoint_deleted: boolean;
  environment: string;
  event_id: string;
  event_type: EventType;
  run_id: string | null;
  status: WebhookDeliveryStatus;
  created_at: Date;
  next_attempt_at: Date | null;
  trigger: WebhookAttemptTrigger;
  attempts: number;
  last_attempt_at: Date | null;
  last_status_code: number | null;
  last_error: string | null;
};

export type AttemptRow = {
  number: number;
  trigger: WebhookAttemptTrigger;
  url: string;
  started_at: Date;
  duration_ms: number;
  status_code: number | null;
  error: string | null;
  error_message: string | null;
  request_headers: string;
  response_headers: string | null;
  response_body: Buffer | null;
  response_truncated: boolean;
};

/** What a delivery is told with, of `webhook_delivery d` and these joins. */
export const DELIVERY_COLUMNS = `d.id, d.endpoint_id, w.url as endpoint_url, w.deleted_at is not null as endpoint_deleted, e.slug as environment,
  d.event_id, d.event_type, d.run_id, d.status, d.created_at, d.next_attempt_at, d.trigger, d.attempts, d.last_attempt_at,
  d.last_status_code, d.last_error`;
export const DELIVERY_JOINS = `
join webhook_endpoint w on w.org_id = d.org_id and w.id = d.endpoint_id
join environment e on e.org_id = d.org_id and e.id = d.environment_id`;

/** The newest `limit` deliveries of one run that fit, newest first: all of them are younger than the run. */
export async function findRunDeliveries(
  { orgId }: { orgId: string },
  run: { id: string; createdAtMs: number },
  { beforeId }: { beforeId: string | undefined },
  limit: number,
): Promise<DeliveryRow[]> {
  const before = beforeId === undefined ? "" : " and id < $5";
  const { rows } = await pool().query<DeliveryRow>(
    `select ${DELIVERY_COLUMNS} from (
       select * from webhook_delivery where org_id = $1 and run_id = $2 and id >= $3${before} order by id desc limit $4
     ) d ${DELIVERY_JOINS} order by d.id desc`,
    [orgId, run.id, idFloor(run.createdAtMs - CLOCK_SLACK_MS), limit, ...(beforeId === undefined ? [] : [beforeId])],
  );
  return rows;
}

/** One delivery to this endpoint. */
export async function findDelivery(orgId: string, endpointId: string, id: string): Promise<DeliveryRow | undefined> {
  const { rows } = await pool().query<DeliveryRow>({
    name: "webhook-delivery",
    text: `select ${DELIVERY_COLUMNS} from webhook_delivery d ${DELIVERY_JOINS} where d.org_id = $1 and d.endpoint_id = $2 and d.id = $3`,
    values: [orgId, endpointId, id],
  });
  return rows[0];
}

/**
 * The newest `limit` attempts of a delivery up to number `upTo`, newest first; without the bodies of answers where they may not be seen. With what a
 * read of the delivery has counted as `upTo` both tell of the same moment, whatever was recorded between.
 */
export async function findAttempts(
  orgId: string,
  deliveryId: string,
  { upTo, limit, withBodies }: { upTo: number; limit: number; withBodies: boolean },
): Promise<AttemptRow[]> {
  const { rows } = await pool().query<AttemptRow>({
    name: withBodies ? "webhook-attempts-with-bodies" : "webhook-attempts",
    text: `select number, trigger, url, started_at, duration_ms, status_code, error, error_message, request_headers, response_headers,
        ${withBodies ? "response_body" : "null as response_body"}, response_truncated
      from webhook_attempt where org_id = $1 and delivery_id = $2 and number <= $3 order by number desc limit $4`,
    values: [orgId, deliveryId, upTo, limit],
  });
  return rows;
}

/** What an event's receivers are sent, byte for byte; undefined where it is kept no more. */
export async function findEventBody(orgId: string, eventId: string): Promise<string | undefined> {
  const { rows } = await pool().query<{ body: string }>({
    name: "webhook-event-body",
    text: "select body from webhook_event where org_id = $1 and id = $2",
    values: [orgId, eventId],
  });
  return rows[0]?.body;
}
