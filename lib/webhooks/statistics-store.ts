/**
 * How endpoints have done in the last 24 hours. However much they are sent, only so many rows of each hour are looked at: the newest, and where
 * an endpoint is behind, the newest of those that its turn has come to.
 */
import { pool } from "../db.ts";
import type { WebhookDeliveryStatus } from "../generated/prisma/enums.ts";
import { idFloor } from "../runs/filter-store.ts";
import { HOUR_MS } from "../time.ts";
import { HEALTH_SAMPLE } from "./health-sample.ts";

const HOURS = 24;
const MAX_PENDING = 10_000;

export type HourCounts = {
  startMs: number;
  delivered: number;
  /** FAILED after an attempt, and without one: the endpoint was disabled, or the event is gone. */
  failed: number;
  unattempted: number;
  /** PENDING after an attempt that has failed, and before the first one. */
  retrying: number;
  pending: number;
  sampled: boolean;
};

export type EndpointFigures = {
  hours: HourCounts[];
  pending: number;
  pendingIsMore: boolean;
  last: { id: string; status: WebhookDeliveryStatus; created_at: Date; last_status_code: number | null } | null;
};

type CountRow = {
  endpoint_id: string;
  n: string;
  status: WebhookDeliveryStatus;
  attempted: boolean;
  deliveries: number;
};

type FrontRow = { endpoint_id: string; front: Date | null };

/**
 * How far each endpoint has come: those made before were attempted, those made later wait, since what is due longest is sent first; or have failed
 * without an attempt, where it is disabled. Null where nothing has to be sent.
 */
function readFronts(orgId: string, endpointIds: readonly string[]): Promise<FrontRow[]> {
  return pool()
    .query<FrontRow>({
      name: "webhook-fronts",
      text: `select id as endpoint_id, least(disabled_at, (
          select next_attempt_at from webhook_delivery
          where org_id = $1 and webhook_delivery.endpoint_id = webhook_endpoint.id and next_attempt_at is not null
          order by next_attempt_at limit 1
        )) as front
        from webhook_endpoint where org_id = $1 and id = any ($2::uuid[])`,
      values: [orgId, endpointIds],
    })
    .then(({ rows }) => rows);
}

const newestOf = (range: string) => `(
  select id, status, attempts > 0 as attempted from webhook_delivery
  where org_id = $1 and webhook_delivery.endpoint_id = endpoint.endpoint_id and ${range}
  order by id desc limit ${HEALTH_SAMPLE})`;

// The second read is made for the one hour that the front is in: earlier ones end before it, later ones have nothing before it.
async function readCounts(
  orgId: string,
  endpointIds: readonly string[],
  starts: readonly number[],
): Promise<CountRow[]> {
  const fronts = await readFronts(orgId, endpointIds);
  const frontOf = (id: string) =>
    fronts.find((row) => row.endpoint_id === id)?.front?.getTime() ?? Date.now() + HOUR_MS;
  return pool()
    .query<CountRow>({
      name: "webhook-hours",
      text: `select endpoint_id, n, status, attempted, count(*)::int as deliveries
        from unnest($2::uuid[], $5::uuid[]) endpoint (endpoint_id, front)
        cross join unnest($3::uuid[], $4::uuid[]) with ordinality hour (begins, ends, n)
        cross join lateral (
          select status, attempted, row_number() over (partition by attempted order by id desc) as place
          from (${newestOf("id >= begins and id < ends")}
            union ${newestOf("id >= begins and id < front and front > begins and front < ends")}) newest
        ) ranked
        where place <= ${HEALTH_SAMPLE}
        group by endpoint_id, n, status, attempted`,
      values: [
        orgId,
        endpointIds,
        starts.map((start) => idFloor(start)),
        starts.map((start) => idFloor(start + HOUR_MS)),
        endpointIds.map((id) => idFloor(frontOf(id))),
      ],
    })
    .then(({ rows }) => rows);
}

type PendingRow = { endpoint_id: string; pending: number };

function readPending(orgId: string, endpointIds: readonly string[]): Promise<PendingRow[]> {
  return pool()
    .query<PendingRow>({
      name: "webhook-pending",
      text: `select endpoint_id, (
          select count(*)::int from (
            select from webhook_delivery
            where org_id = $1 and webhook_delivery.endpoint_id = endpoint.endpoint_id and next_attempt_at is not null
            limit ${MAX_PENDING + 1}
          ) waiting
        ) as pending
        from unnest($2::uuid[]) endpoint (endpoint_id)`,
      values: [orgId, endpointIds],
    })
    .then(({ rows }) => rows);
}

type LastRow = NonNullable<EndpointFigures["last"]> & { endpoint_id: string };

function readLast(orgId: string, endpointIds: readonly string[]): Promise<LastRow[]> {
  return pool()
    .query<LastRow>({
      name: "webhook-last",
      text: `select endpoint.endpoint_id, last.* from unnest($2::uuid[]) endpoint (endpoint_id)
        cross join lateral (
          select id, status, created_at, last_status_code from webhook_delivery
          where org_id = $1 and webhook_delivery.endpoint_id = endpoint.endpoint_id order by id desc limit 1
        ) last`,
      values: [orgId, endpointIds],
    })
    .then(({ rows }) => rows);
}

/** The figures of these endpoints, by their ids. The 24 hours are whole ones in UTC, the last of them the one that `nowMs` is in. */
export async function readFigures(
  orgId: string,
  endpointIds: readonly string[],
  nowMs: number,
): Promise<Map<string, EndpointFigures>> {
  const present = Math.floor(nowMs / HOUR_MS) * HOUR_MS;
  const starts = Array.from({ length: HOURS }, (_, n) => present - (HOURS - 1 - n) * HOUR_MS);
  const [counts, pending, last] = await Promise.all([
    readCounts(orgId, endpointIds, starts),
    readPending(orgId, endpointIds),
    readLast(orgId, endpointIds),
  ]);
  return new Map(
    endpointIds.map((id) => {
      const waiting = pending.find((row) => row.endpoint_id === id)?.pending ?? 0;
      const own = counts.filter((row) => row.endpoint_id === id);
      const found = last.find((row) => row.endpoint_id === id);
      const figures: EndpointFigures = {
        hours: starts.map((startMs, index) =>
          hourOf(
            startMs,
            own.filter((row) => Number(row.n) === index + 1),
          ),
        ),
        pending: Math.min(waiting, MAX_PENDING),
        pendingIsMore: waiting > MAX_PENDING,
        last: found ?? null,
      };
      return [id, figures];
    }),
  );
}

function hourOf(startMs: number, rows: readonly CountRow[]): HourCounts {
  const count = (fits: (row: CountRow) => boolean) =>
    rows.filter(fits).reduce((sum, { deliveries }) => sum + deliveries, 0);
  return {
    startMs,
    delivered: count(({ status }) => status === "DELIVERED"),
    failed: count(({ status, attempted }) => status === "FAILED" && attempted),
    unattempted: count(({ status, attempted }) => status === "FAILED" && !attempted),
    retrying: count(({ status, attempted }) => status === "PENDING" && attempted),
    pending: count(({ status, attempted }) => status === "PENDING" && !attempted),
    sampled: count(() => true) >= HEALTH_SAMPLE,
  };
}
