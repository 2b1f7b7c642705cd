/** Lists of deliveries. Hand-written, because they must stay on one index however many millions there are, and of however many endpoints. */
import { pool } from "../db.ts";
import type { WebhookDeliveryStatus } from "../generated/prisma/enums.ts";
import type { EnvironmentScope, OrgScope } from "../auth/principal.ts";
import { CLOCK_SLACK_MS, idFloor } from "../runs/filter-store.ts";
import { DELIVERY_COLUMNS, DELIVERY_JOINS, type DeliveryRow } from "./deliveries-store.ts";
import type { EventType } from "./event-types.ts";
import { type Look, sampleOf, shareLook } from "./look-shares.ts";

/** What a list is narrowed to; times in milliseconds since 1970. */
export type DeliveryFilter = {
  /** Deliveries to this endpoint, deleted or not; none where it is not the scope's. */
  endpointId?: string | undefined;
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

/** Rows that one look goes through, of all endpoints together: some ten milliseconds. */
const LOOKED_THROUGH = 20_000;

/** Deliveries of one event have ids that begin as the event's does: with its time and its number in it. */
const EVENT_PART = "xxxxxxxx-xxxx-7xxx".length;

class Values {
  readonly all: unknown[] = [];

  constructor(...first: readonly unknown[]) {
    this.all.push(...first);
  }

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

const isRare = (status: WebhookDeliveryStatus) => status === "FAILED" || status === "PENDING";
const isOfOne = ({ runId, eventId }: DeliveryFilter) => runId !== undefined || eventId !== undefined;

/** Statuses of which there is an index each, where the filter wants no others: they may be few among very many. */
function indexedStatuses(filter: DeliveryFilter): readonly WebhookDeliveryStatus[] | null {
  return filter.statuses && !isOfOne(filter) && filter.statuses.every(isRare) ? filter.statuses : null;
}

/** Whether rows that fit must be looked for among others, which has an end. */
function isLook(filter: DeliveryFilter): boolean {
  if (isOfOne(filter)) return false;
  return filter.events !== undefined || (filter.statuses !== undefined && indexedStatuses(filter) === null);
}

/** What must be looked at row by row. */
function conditionsOf(filter: DeliveryFilter, values: Values): string {
  const { statuses, events, eventId, createdAfterMs, createdBeforeMs } = filter;
  const isByStatus = statuses !== undefined && indexedStatuses(filter) === null;
  return joined([
    createdAfterMs !== undefined && `created_at >= ${values.put(new Date(createdAfterMs))}`,
    createdBeforeMs !== undefined && `created_at < ${values.put(new Date(createdBeforeMs))}`,
    isByStatus && `status = any (${values.put(statuses)}::webhook_delivery_status[])`,
    events !== undefined && `event_type = any (${values.put(events)}::text[])`,
    eventId !== undefined && `event_id = ${values.put(eventId)}`,
  ]);
}

/**
 * Rows of `endpoint` that an index knows, as statements to which a condition may be added. What is written out in them is what the planner knows a
 * partial index by. Without the fences it might go through all deliveries to find those of a run, or those that wait, in the order of their ids.
 */
function knownRows(filter: DeliveryFilter, values: Values): string[] {
  const own = `select * from webhook_delivery where org_id = $1 and endpoint_id = endpoint.id${boundsOf(filter, values)}`;
  if (filter.runId !== undefined) {
    return [`select * from (${own} and run_id = ${values.put(filter.runId)} offset 0) of_run where true`];
  }
  return (indexedStatuses(filter) ?? [null]).map((status) => {
    if (status === null) return own;
    if (status !== "PENDING") return `${own} and status = '${status}'`;
    return `select * from (${own} and status = 'PENDING' and next_attempt_at is not null offset 0) waiting where true`;
  });
}

/** The newest rows of `endpoint` that fit, as a statement; a look goes through `endpoint.looked` of those that an index knows. */
function newestOfEndpoint(filter: DeliveryFilter, limit: number, values: Values): string {
  const rest = conditionsOf(filter, values);
  const found = knownRows(filter, values).map((rows) => {
    const among = isLook(filter)
      ? `select * from (${rows} order by id desc limit endpoint.looked) looked_through where true`
      : rows;
    return `(${among}${rest} order by id desc limit ${limit})`;
  });
  return found.length === 1
    ? found[0]!
    : `(select * from (${found.join(" union all ")}) fit order by id desc limit ${limit})`;
}

/**
 * Endpoints of the filter, as a statement over `org_id`: those of a whole environment are not more than the last 100 deleted ones and all others.
 */
function endpointsOf(scope: OrgScope | EnvironmentScope, endpointId: string | undefined, values: Values): string {
  const within = "environmentId" in scope ? ` and environment_id = ${values.put(scope.environmentId)}` : "";
  const own = `select id from webhook_endpoint where org_id = $1${within}`;
  if (endpointId !== undefined) return `${own} and id = ${values.put(endpointId)}`;
  return `${own} and deleted_at is null
    union all (${own} and deleted_at is not null order by deleted_at desc limit ${MAX_DELETED_ENDPOINTS})`;
}

/** The endpoints, and how many rows of each a look goes through: of those that are sent more, more. */
async function findLooks(scope: OrgScope | EnvironmentScope, filter: DeliveryFilter): Promise<Look[]> {
  const values = new Values(scope.orgId);
  const endpoints = endpointsOf(scope, filter.endpointId, values);
  if (!isLook(filter)) {
    const { rows } = await pool().query<{ id: string }>(endpoints, values.all);
    return rows.map(({ id }) => ({ id, rows: 0 }));
  }
  const { offset, untilMs } = sampleOf(filter);
  const { rows } = await pool().query<{ id: string; sampled: Date | null }>(
    `select endpoint.id, sample.created_at as sampled from (${endpoints}) endpoint
     left join lateral (
       select created_at from webhook_delivery where org_id = $1 and endpoint_id = endpoint.id${boundsOf(filter, values)}
       order by id desc offset ${offset} limit 1
     ) sample on true`,
    values.all,
  );
  return shareLook(rows, { untilMs, total: LOOKED_THROUGH });
}

const LOOKS = "unnest($2::uuid[], $3::int[]) endpoint (id, looked)";
const lookValues = (scope: OrgScope | EnvironmentScope, looks: readonly Look[]) =>
  new Values(
    scope.orgId,
    looks.map(({ id }) => id),
    looks.map(({ rows }) => rows),
  );

/**
 * Where looking ended, as the id of the last delivery that was looked at, of the endpoint where that is the youngest; null where everything was
 * looked at that is not older than `downTo`.
 */
async function endOfLook(
  scope: OrgScope | EnvironmentScope,
  looks: readonly Look[],
  filter: DeliveryFilter,
  downTo: string | null,
): Promise<string | null> {
  const values = lookValues(scope, looks);
  const enough = downTo === null ? "" : ` and id >= ${values.put(downTo)}`;
  const lasts = knownRows(filter, values).map(
    (rows) =>
      `select last.id from ${LOOKS}
       cross join lateral (select id from (${rows}${enough} order by id desc offset endpoint.looked - 1 limit 1) one) last`,
  );
  const { rows } = await pool().query<{ id: string }>(
    `select id from (${lasts.join(" union all ")}) ends order by id desc limit 1`,
    values.all,
  );
  return rows[0]?.id ?? null;
}

/** Rows, newest first, and where to go on where there may be more although they are not `limit`. */
export type Found = { rows: DeliveryRow[]; lookedTo: string | null };

/**
 * The newest `limit` deliveries of the scope that fit. What no index knows is looked for among the newest 20,000, of all endpoints together: where
 * fewer of them fit, `lookedTo` says from where on the next look begins.
 */
export async function findDeliveries(
  scope: OrgScope | EnvironmentScope,
  filter: DeliveryFilter,
  limit: number,
): Promise<Found> {
  const looks = await findLooks(scope, filter);
  const values = lookValues(scope, looks);
  // The ids stand in the index; of the rows only those are read that are told.
  const { rows } = await pool().query<DeliveryRow>(
    `select ${DELIVERY_COLUMNS} from (
       select newest.endpoint_id, newest.id from ${LOOKS} cross join lateral ${newestOfEndpoint(filter, limit, values)} newest
       order by newest.id desc limit ${limit}
     ) found join webhook_delivery d on d.org_id = $1 and d.endpoint_id = found.endpoint_id and d.id = found.id
     ${DELIVERY_JOINS} order by d.id desc`,
    values.all,
  );
  const isFull = rows.length === limit;
  if (!isLook(filter) || (isFull && looks.length === 1)) return { rows, lookedTo: null };
  const lookedTo = await endOfLook(scope, looks, filter, isFull ? rows.at(-1)!.id : null);
  if (lookedTo === null) return { rows, lookedTo };
  // Older ones of other endpoints come when this one has been looked through as far.
  const seen = rows.filter((row) => row.id >= lookedTo);
  return { rows: seen, lookedTo: seen.length === limit ? null : lookedTo };
}
