/**
 * The events of runs that end, as SQL that is part of every statement which ends runs: whoever has a webhook endpoint in the run's environment
 * is told of each end exactly once, and of none that was rolled back.
 *
 * An event's body is put together here, once: what is sent, however often, is the run as it was when it ended, and equal to what
 * GET /api/v1/runs/{id} answers (lib/hot-path/read.ts), whose stored result goes in as it is, digit for digit.
 *
 * Rows are locked in this order everywhere: runs, then rows of webhook_queue by endpoint, then ready marks.
 */
import { withoutQuotes } from "../engines/run-errors.ts";
import type { RunStatus } from "../generated/prisma/enums.ts";
import { EVENT_VERSION, type RunEventType } from "./end-event-types.ts";

/** A result whose JSON text has more bytes is left out of the event. */
const MAX_RESULT_BYTES = 64 << 10;
const MAX_BYTES_OF_CHAR = 3;

/** What stands in an event for a result that is too large for it, as JSON text: of an error its code. Null for one that is not. */
export function insteadOfResult(body: string, errorCode: string | null): string | null {
  if (body.length * MAX_BYTES_OF_CHAR <= MAX_RESULT_BYTES || Buffer.byteLength(body) <= MAX_RESULT_BYTES) return null;
  const error = errorCode === null ? {} : { error: withoutQuotes({ code: errorCode }) };
  return JSON.stringify({ ...error, output_omitted: true });
}

const EVENT_OF_END = {
  COMPLETED: "run.completed",
  DEGRADED: "run.completed",
  FAILED: "run.failed",
  CANCELED: "run.canceled",
} as const satisfies Partial<Record<RunStatus, RunEventType>>;

const EVENT_TYPE = `case ended.status ${Object.entries(EVENT_OF_END)
  .map(([status, type]) => `when '${status}' then '${type}'`)
  .join(" ")} end`;

/** A time as a JSON text. */
const time = (column: string) => `to_char(${column} at time zone 'UTC', '\\"YYYY-MM-DD"T"HH24:MI:SS.MS"Z\\""')`;

// What is null, because the run does not have it, is left out by concat(). Slugs, ids, versions and statuses need no escaping: their shapes have
// no quote. The result is an object's text: its members stand behind the others, and its brace closes the run.
const BODY = `concat(
  '{"id":"evt_', replace(ended.event_id::text, '-', ''), '","type":"', ${EVENT_TYPE}, '","webhook_version":"${EVENT_VERSION}"',
  ',"environment":"', environment.slug, '","created_at":', ${time("ended.completed_at")},
  ',"data":{"run":{"run_id":"', ended.id, '","status":"', ended.status,
  '","environment":"', environment.slug, '","environment_id":"', ended.environment_id,
  '","engine":"', engine.slug, '","engine_version":"', version.major, '.', version.minor, '"',
  ',"created_at":', ${time("ended.created_at")},
  ',"started_at":' || ${time("ended.started_at")},
  ',"completed_at":', ${time("ended.completed_at")},
  ',"duration_ms":' || (extract(epoch from greatest(ended.completed_at, ended.started_at) - ended.started_at) * 1000)::bigint,
  ',"tags":' || array_to_json(ended.tags)::text,
  ',"degradation_reason":' || to_json(ended.degradation_reason)::text,
  case when result.text = '{}' then '}' else ',' || substr(result.text, 2) end,
  '}}')`;

/** What is told of runs that end, for a `returning`; beside it `writeEvents` needs event_id and result. */
export const ENDED_COLUMNS = `run.id, run.environment_id, run.engine_id, run.engine_version_id, run.status, run.created_at,
  run.started_at, run.completed_at, run.degradation_reason, run.tags`;

/**
 * Puts endpoints that have something to send into the first level of the queue, as common table expressions over what has their endpoint_id
 * (each once or more): `woken` are those endpoints.
 *
 * A row that is due is held (key share) until this commits: a worker leaves a queue only when nobody holds its row, so that none is left which
 * has something to send. Holding serialises nobody.
 */
export const enqueueEndpoints = (orgId: string, endpoints: string) => `
woken as materialized (
  select distinct endpoint_id from ${endpoints} order by endpoint_id
), held as materialized (
  select queue.endpoint_id from woken
  join webhook_queue queue on queue.org_id = ${orgId} and queue.endpoint_id = woken.endpoint_id
  where queue.due_at <= now() for key share of queue
), enqueued as (
  insert into webhook_queue (org_id, endpoint_id, due_at)
  select ${orgId}, endpoint_id, now() from woken where endpoint_id not in (select endpoint_id from held) order by endpoint_id
  on conflict (org_id, endpoint_id) do update set due_at = excluded.due_at where webhook_queue.due_at > excluded.due_at
  returning 1
)`;

/**
 * Writes the events of `ended` and a delivery of each to every endpoint that wants it, as common table expressions; `woken` are the endpoints
 * that have something to send by it. `ended` has ENDED_COLUMNS, `event_id` (a new id) and `result` (JSON text of an object).
 *
 * An endpoint that is disabled gets deliveries that have failed already, so that they can be recovered once it is enabled again.
 * A delivery's id begins with the time and the number in it of the event's: they are in the same order.
 */
export const writeEvents = (orgId: string, ended: string) => `
wanted as materialized (
  select ended.event_id, ended.id as run_id, ended.environment_id, ${EVENT_TYPE} as event_type, endpoint.id as endpoint_id, endpoint.active
  from ${ended} ended
  join webhook_endpoint endpoint on endpoint.org_id = ${orgId} and endpoint.environment_id = ended.environment_id
    and endpoint.deleted_at is null and ${EVENT_TYPE} = any (endpoint.events)
), new_event as (
  insert into webhook_event (org_id, id, environment_id, run_id, type, body)
  select ${orgId}, ended.event_id, ended.environment_id, ended.id, ${EVENT_TYPE}, ${BODY}
  from ${ended} ended
  cross join lateral (select btrim(ended.result, E' \\n\\r\\t') as text) result
  join environment on environment.org_id = ${orgId} and environment.id = ended.environment_id
  join engine on engine.org_id = ${orgId} and engine.id = ended.engine_id
  join engine_version version on version.org_id = ${orgId} and version.id = ended.engine_version_id
  -- not a join, which would compare each with all: few rows are expected of what the statement itself makes
  where coalesce(ended.event_id in (select event_id from wanted), false)
), new_delivery as (
  insert into webhook_delivery
    (org_id, endpoint_id, id, environment_id, event_id, event_type, run_id, status, next_attempt_at, last_error)
  select ${orgId}, endpoint_id, (left(event_id::text, 18) || substr(gen_random_uuid()::text, 19))::uuid, environment_id, event_id,
    event_type, run_id,
    case when active then 'PENDING' else 'FAILED' end::webhook_delivery_status, case when active then now() end,
    case when not active then 'endpoint_disabled' end
  from wanted
), ${enqueueEndpoints(orgId, "wanted where active")}`;
