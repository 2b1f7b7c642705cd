/** Reads of deliveries. Hand-written, because lists must stay on one index however many millions there are. */
import { pool } from "../db.ts";
import type { WebhookAttemptTrigger, WebhookDeliveryStatus } from "../generated/prisma/enums.ts";
import type { EnvironmentScope, OrgScope } from "../auth/principal.ts";
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

/** What a list is narrowed to; times in milliseconds since 1970. */
export type DeliveryFilter = {
  statuses?: readonly WebhookDeliveryStatus[] | undefined;
  events?: readonly EventType[] | undefined;
  runId?: string | undefined;
  eventId?: string | undefined;
  createdAfterMs?: number | undefined;
  createdBeforeMs?: number | undefined;
  /** Only deliveries older than this one. */
  beforeId?: string | undefined;
};

/** Of the endpoints that were deleted, so many of the last ones are in the list of a whole environment. */
const MAX_DELETED_ENDPOINTS = 100;

/** Rows of one endpoint that one look goes through: some ten milliseconds. */
const LOOKED_THROUGH = 20_000;

const COLUMNS = `d.id, d.endpoint_id, w.url as endpoint_url, w.deleted_at is not null as endpoint_deleted, e.slug as environment,
  d.event_id, d.event_type, d.run_id, d.status, d.created_at, d.next_attempt_at, d.trigger, d.attempts, d.last_attempt_at,
  d.last_status_code, d.last_error`;
const JOINS = `
join webhook_endpoint w on w.org_id = d.org_id and w.id = d.endpoint_id
join environment e on e.org_id = d.org_id and e.id = d.environment_id`;

/** Deliveries of one event have ids that begin as the event's does: with its time and its number in it. */
const EVENT_PART = "xxxxxxxx-xxxx-7xxx".length;

class Values {
  readonly all: unknown[] = [];

  /** A value's place in the statement. */
  put(value: unknown): string {
    this.all.push(value);
    return `$${this.all.length}`;
  }
}

const joined = (conditions: readonly (string | false)[]) =>
  conditions.map((condition) => (condition === false ? "" : ` and ${condition}`)).join("");

/** What the primary key bounds. */
function boundsOf({ eventId, createdAfterMs, createdBeforeMs, beforeId }: DeliveryFilter, values: Values): string {
  const event = eventId?.slice(0, EVENT_PART);
  return joined([
    beforeId !== undefined && `id < ${values.put(beforeId)}`,
    createdAfterMs !== undefined && `id >= ${values.put(idFloor(createdAfterMs - CLOCK_SLACK_MS))}`,
    createdBeforeMs !== undefined && `id < ${values.put(idFloor(createdBeforeMs + CLOCK_SLACK_MS))}`,
    event !== undefined && `id >= ${values.put(`${event}-0000-000000000000`)}`,
    event !== undefined && `id <= ${values.put(`${event}-ffff-ffffffffffff`)}`,
  ]);
}

/** What must be looked at row by row, but the status. */
function conditionsOf(filter: DeliveryFilter, values: Values): string {
  const { events, runId, eventId, createdAfterMs, createdBeforeMs } = filter;
  return joined([
    createdAfterMs !== undefined && `created_at >= ${values.put(new Date(createdAfterMs))}`,
    createdBeforeMs !== undefined && `created_at < ${values.put(new Date(createdBeforeMs))}`,
    events !== undefined && `event_type = any (${values.put(events)}::text[])`,
    runId !== undefined && `run_id = ${values.put(runId)}`,
    eventId !== undefined && `event_id = ${values.put(eventId)}`,
  ]);
}

const isRare = (status: WebhookDeliveryStatus) => status === "FAILED" || status === "PENDING";

/** How the rows of a filter are found: by an index that has no others, or by looking through the newest, which has an end. */
function wayOf({ statuses, events, runId, eventId }: DeliveryFilter): "index" | "look" {
  if (runId !== undefined || eventId !== undefined) return "index";
  return statuses ? (statuses.every(isRare) ? "index" : "look") : events ? "look" : "index";
}

/**
 * The newest rows of one endpoint, as a statement over `org_id` and `endpoint_id`. Of failed ones and of those that are waiting there is an
 * index each, because they may be few among very many; what is written out in the statement is what the planner knows them by.
 */
function newestOfEndpoint(endpoint: string, filter: DeliveryFilter, limit: number, values: Values): string {
  const bounds = boundsOf(filter, values);
  const rest = conditionsOf(filter, values);
  const own = `select * from webhook_delivery where org_id = $1 and endpoint_id = ${endpoint}${bounds}`;
  const { statuses } = filter;
  if (wayOf(filter) === "look") {
    const withStatus = statuses ? ` and status = any (${values.put(statuses)}::webhook_delivery_status[])` : "";
    return `(select * from (${own} order by id desc limit ${LOOKED_THROUGH}) looked_through
      where true${withStatus}${rest} order by id desc limit ${limit})`;
  }
  if (!statuses) return `(${own}${rest} order by id desc limit ${limit})`;
  const branches = statuses.map((status) => {
    const found = `${own}${rest} and status = '${status}'`;
    // Without the fence the planner might go through all deliveries to find the waiting ones in the order of their ids.
    const from =
      status === "PENDING" ? `select * from (${found} and next_attempt_at is not null offset 0) waiting` : found;
    return `(${from} order by id desc limit ${limit})`;
  });
  return `(select * from (${branches.join(" union all ")}) of_status order by id desc limit ${limit})`;
}

/** Endpoints of the scope, as a statement: those of a whole environment are not more than the last 100 deleted ones and all others. */
function endpointsOf(scope: OrgScope | EnvironmentScope, endpointId: string | undefined, values: Values): string {
  if (endpointId !== undefined) return `select ${values.put(endpointId)}::uuid as id`;
  const within = "environmentId" in scope ? ` and environment_id = ${values.put(scope.environmentId)}` : "";
  return `select id from webhook_endpoint where org_id = $1${within} and deleted_at is null
    union all
    (select id from webhook_endpoint where org_id = $1${within} and deleted_at is not null
     order by deleted_at desc limit ${MAX_DELETED_ENDPOINTS})`;
}

/**
 * Where looking ended, as the id of the last delivery that was looked at, of the endpoint where that is the youngest; null where everything was
 * looked at.
 */
async function endOfLook(
  scope: OrgScope | EnvironmentScope,
  endpointId: string | undefined,
  filter: DeliveryFilter,
): Promise<string | null> {
  const values = new Values();
  values.put(scope.orgId);
  const { rows } = await pool().query<{ id: string }>(
    `select last.id from (${endpointsOf(scope, endpointId, values)}) endpoint
     cross join lateral (
       select id from webhook_delivery where org_id = $1 and endpoint_id = endpoint.id${boundsOf(filter, values)}
       order by id desc offset ${LOOKED_THROUGH - 1} limit 1
     ) last order by last.id desc limit 1`,
    values.all,
  );
  return rows[0]?.id ?? null;
}

/** Rows, newest first, and where to go on where there may be more although they are not `limit`. */
export type Found = { rows: DeliveryRow[]; lookedTo: string | null };

/**
 * The newest `limit` deliveries that fit, to one endpoint or to all of the scope. What no index knows is looked for among the newest 20,000 of each
 * endpoint: where they have fewer that fit, `lookedTo` says from where on the next look begins.
 */
export async function findDeliveries(
  scope: OrgScope | EnvironmentScope,
  endpointId: string | undefined,
  filter: DeliveryFilter,
  limit: number,
): Promise<Found> {
  const values = new Values();
  values.put(scope.orgId);
  const endpoints = endpointsOf(scope, endpointId, values);
  const { rows } = await pool().query<DeliveryRow>(
    `select ${COLUMNS} from (
       select newest.* from (${endpoints}) endpoint
       cross join lateral ${newestOfEndpoint("endpoint.id", filter, limit, values)} newest
       order by newest.id desc limit ${limit}
     ) d ${JOINS} order by d.id desc`,
    values.all,
  );
  const lookedTo = wayOf(filter) === "look" ? await endOfLook(scope, endpointId, filter) : null;
  if (lookedTo === null) return { rows, lookedTo };
  // Older ones of other endpoints come when this one has been looked through as far.
  const seen = rows.filter((row) => row.id >= lookedTo);
  return { rows: seen, lookedTo: seen.length === limit ? null : lookedTo };
}

/** The newest `limit` deliveries of one run that fit, newest first: all of them are younger than the run. */
export async function findRunDeliveries(
  { orgId }: { orgId: string },
  run: { id: string; createdAtMs: number },
  { beforeId }: { beforeId: string | undefined },
  limit: number,
): Promise<DeliveryRow[]> {
  const before = beforeId === undefined ? "" : " and id < $5";
  const { rows } = await pool().query<DeliveryRow>(
    `select ${COLUMNS} from (
       select * from webhook_delivery where org_id = $1 and run_id = $2 and id >= $3${before} order by id desc limit $4
     ) d ${JOINS} order by d.id desc`,
    [orgId, run.id, idFloor(run.createdAtMs - CLOCK_SLACK_MS), limit, ...(beforeId === undefined ? [] : [beforeId])],
  );
  return rows;
}

/** One delivery to this endpoint. */
export async function findDelivery(orgId: string, endpointId: string, id: string): Promise<DeliveryRow | undefined> {
  const { rows } = await pool().query<DeliveryRow>({
    name: "webhook-delivery",
    text: `select ${COLUMNS} from webhook_delivery d ${JOINS} where d.org_id = $1 and d.endpoint_id = $2 and d.id = $3`,
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
