/** Reads of many runs: pages for lists, and what changed for the live feed. Each stays on one index: see filter-store.ts. */
import type { PoolClient } from "pg";
import type { EnvironmentScope, OrgScope } from "../auth/principal.ts";
import { pool } from "../db.ts";
import type { RunSource, RunStatus } from "../generated/prisma/enums.ts";
import { CLOCK_SLACK_MS, idFloor, newestRuns, type RunFilter } from "./filter-store.ts";

/** A run with the names that people know its parts by. */
export type RunRow = {
  id: string;
  status: RunStatus;
  environment: string;
  environment_id: string;
  engine: string;
  engine_version: string;
  source: RunSource;
  created_at: Date;
  started_at: Date | null;
  completed_at: Date | null;
  error_code: string | null;
  degradation_reason: string | null;
  summary: string | null;
  tags: string[] | null;
  key_name: string | null;
};

/** Columns and joins that make a RunRow of `r`. Names are looked up for the rows of the page only. */
export const ROW_COLUMNS = `r.id, r.status, e.slug as environment, r.environment_id, en.slug as engine,
  v.major || '.' || v.minor as engine_version, r.source, r.created_at, r.started_at, r.completed_at,
  r.error_code, r.degradation_reason, r.summary, r.tags, k.name as key_name`;
export const ROW_JOINS = `
join environment e on e.org_id = r.org_id and e.id = r.environment_id
join engine en on en.org_id = r.org_id and en.id = r.engine_id
join engine_version v on v.org_id = r.org_id and v.id = r.engine_version_id
left join api_key k on k.id = r.key_id`;

/** What runs statements here: the pool, or a connection with limits of its own. */
type Db = Pick<PoolClient, "query">;

/** The newest `limit` runs that fit, newest first. */
export async function findRuns(
  scope: OrgScope | EnvironmentScope,
  filter: RunFilter,
  limit: number,
): Promise<RunRow[]> {
  const newest = await newestRuns(scope, filter, limit);
  if (!newest) return [];
  const { rows } = await pool().query<RunRow>(
    `select ${ROW_COLUMNS} from (${newest.text}) r ${ROW_JOINS} order by r.id desc`,
    newest.values,
  );
  return rows;
}

/** As findRuns, but the ids alone. */
export async function findRunIds(
  scope: OrgScope | EnvironmentScope,
  filter: RunFilter,
  limit: number,
  db: Db,
): Promise<string[]> {
  const newest = await newestRuns(scope, filter, limit);
  if (!newest) return [];
  const { rows } = await db.query<{ id: string }>(`select id from (${newest.text}) r order by id desc`, newest.values);
  return rows.map(({ id }) => id);
}

/** How many runs fit; counts no further than `limit`. */
export async function countRuns(
  scope: OrgScope | EnvironmentScope,
  filter: RunFilter,
  limit: number,
  db: Db,
): Promise<number> {
  const newest = await newestRuns(scope, filter, limit);
  if (!newest) return 0;
  const { rows } = await db.query<{ runs: number }>(
    `select count(*)::int as runs from (${newest.text}) r`,
    newest.values,
  );
  return rows[0]!.runs;
}

/** Runs that are looked at for one whose id ends in something. */
const SEARCHED_ENDS = 100_000;

/** The newest `limit` ids that begin and end so; for an end, the newest 100,000 with that beginning are looked at. Both are hex digits with hyphens. */
export async function findIdsByEnds(
  scope: OrgScope | EnvironmentScope,
  { head, tail }: { head: string; tail: string },
  limit: number,
): Promise<string[]> {
  const fill = (digit: string) =>
    head + "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx".slice(head.length).replaceAll("x", digit);
  const byEnvironment = "environmentId" in scope;
  const { rows } = await pool().query<{ id: string }>(
    `select id from (
       select id from run where org_id = $1 and id between $2 and $3 ${byEnvironment ? "and environment_id = $6" : ""}
       order by id desc limit ${tail === "" ? "$5" : SEARCHED_ENDS}
     ) begins where right(id::text, length($4::text)) = $4 order by id desc limit $5`,
    [scope.orgId, fill("0"), fill("f"), tail, limit, ...(byEnvironment ? [scope.environmentId] : [])],
  );
  return rows.map(({ id }) => id);
}

/**
 * For the live feed: the newest `limit` runs from `sinceMs` on, and whatever became of those in `ids`. Newest first.
 */
export async function findChanges(
  scope: OrgScope | EnvironmentScope,
  sinceMs: number,
  ids: readonly string[],
  limit: number,
): Promise<RunRow[]> {
  const byEnvironment = "environmentId" in scope;
  const { rows } = await pool().query<RunRow>({
    name: byEnvironment ? "run-changes" : "run-changes-all",
    text: `select ${ROW_COLUMNS} from (
      (select * from run where org_id = $1 ${byEnvironment ? "and environment_id = $5" : ""} and id >= $2 order by id desc limit $4)
      union
      (select * from run where org_id = $1 ${byEnvironment ? "and environment_id = $5" : ""} and id = any ($3::uuid[]))
    ) r ${ROW_JOINS} order by r.id desc`,
    values: [
      scope.orgId,
      idFloor(sinceMs - CLOCK_SLACK_MS),
      ids,
      limit,
      ...(byEnvironment ? [scope.environmentId] : []),
    ],
  });
  return rows;
}

/** Whether the scope's organization, and its environment if it has one, have not been deleted meanwhile. */
export async function isScopeOpen(scope: OrgScope | EnvironmentScope): Promise<boolean> {
  const { rowCount } = await pool().query({
    name: "is-scope-open",
    text: `select from organization o where o.id = $1 and o.deleted_at is null and ($2::uuid is null or exists (
      select from environment e where e.org_id = o.id and e.id = $2 and e.deleted_at is null
    ))`,
    values: [scope.orgId, "environmentId" in scope ? scope.environmentId : null],
  });
  return rowCount === 1;
}
