/**
 * What the accepting statement has beside its common parts where organizations have a limit of runs a minute: see lib/limits/rate-limit.ts.
 * The windows of all organizations in question are locked by a statement of their own before, in one order everywhere.
 */
import { RATE_WINDOW_SECONDS } from "../limits/rate-limit.ts";
import { byteaArray, uuidArray } from "../binary-array.ts";
import type { Group } from "./accept-sql.ts";

/**
 * Locks the windows of the organizations that these groups belong to, until the transaction ends: rows `[org_id]`. An organization
 * that never had a limit has no window.
 */
export function lockWindowsQuery(groups: readonly Group[]) {
  return {
    name: "accept-lock-windows",
    text: `
select org_id from run_rate_window
where org_id in (select org_id from api_key where hash = any ($1::bytea[])) or org_id = any ($2::uuid[])
order by org_id
for update`,
    rowMode: "array" as const,
    values: [byteaArray(groups.map((group) => group.hash)), uuidArray(groups.map((group) => group.orgId))],
  };
}

/** The locked windows of organizations that have a limit now. $14: the organizations whose windows are locked. */
export const WINDOWS = `
rate as materialized (
  select org_id, max_runs, case when is_open then accepted else 0 end as used,
    case when is_open then started_at else statement_timestamp() end as started_at
  from (
    select w.org_id, w.started_at, w.accepted, o.runs_per_minute as max_runs,
      abs(extract(epoch from statement_timestamp() - w.started_at)) < ${RATE_WINDOW_SECONDS} as is_open
    from run_rate_window w
    join organization o on o.id = w.org_id and o.runs_per_minute is not null
    where w.org_id = any ($14::uuid[])
  ) rate_window
)`;

/**
 * Which requests have a place in their organization's window, in the order in which they came. Requests with an idempotency key that
 * somebody has already want none; of those with one new key the first takes the place for all.
 */
export const WITHIN = `
owned as materialized (
  select req.n from req
  join idempotency_key i on i.org_id = req.org_id and i.environment_id = req.environment_id and i.key = req.idempotency_key
  where i.created_at > now() - interval '24 hours'
),
asking as materialized (
  select *, min(n) over (
    partition by org_id, environment_id, idempotency_key, case when idempotency_key is null then n end
  ) as first_n
  from req where outcome = 'accepted' and body is not null and n not in (select n from owned)
),
placed as materialized (
  select n as first_n, org_id, row_number() over (partition by org_id order by n) as place from asking where n = first_n
),
within as materialized (
  select asking.* from asking
  join placed on placed.first_n = asking.first_n
  left join rate on rate.org_id = asking.org_id
  where rate.org_id is null or placed.place <= rate.max_runs - rate.used
)`;

/** Counts what is accepted. The rows are locked and as this statement sees them. `runs`: what is counted, with org_id. */
export const countIn = (runs: string) => `
counted as (
  update run_rate_window w set started_at = rate.started_at, accepted = rate.used + taken.runs
  from rate join (select org_id, count(*)::int4 as runs from ${runs} group by org_id) taken on taken.org_id = rate.org_id
  where w.org_id = rate.org_id
)`;

/** Of each request: limit, what remains of it when this one has been served, when the window passes (seconds since 1970), seconds until then. */
export const STANDING = `
rate.max_runs,
greatest(0, rate.max_runs - rate.used - count(admitted.n) over (partition by req.org_id order by req.n))::int4,
ceil(extract(epoch from rate.started_at) + ${RATE_WINDOW_SECONDS})::float8,
greatest(1, ceil(extract(epoch from rate.started_at - statement_timestamp()) + ${RATE_WINDOW_SECONDS}))::int4`;

/** What STANDING is selected from, beside `req`. A caller who is not let in learns nothing. */
export const STANDING_JOINS = `
left join admitted on admitted.n = req.n
left join rate on rate.org_id = req.org_id and req.outcome <> 'unauthorized'`;
