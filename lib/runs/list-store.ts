/**
 * Reads of many runs: pages for lists, and what changed for the live feed. Hand-written, because each must stay on one index however many
 * millions of runs an environment has.
 */
import type { EnvironmentScope, OrgScope } from "../auth/principal.ts";
import { pool } from "../db.ts";
import type { RunSource, RunStatus } from "../generated/prisma/enums.ts";

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

/** What a list is narrowed to; times in milliseconds since 1970. */
export type RunFilter = {
  statuses?: readonly RunStatus[] | undefined;
  engineSlug?: string | undefined;
  /** `1.3` or `1.x` */
  version?: string | undefined;
  createdAfterMs?: number | undefined;
  createdBeforeMs?: number | undefined;
  /** Only runs older than this one. */
  beforeId?: string | undefined;
};

/** Ids are minted by programs whose clocks are within 5 s of the database's. */
const CLOCK_SLACK_MS = 5_000;

/** Columns and joins that make a RunRow of `r`. Names are looked up for the rows of the page only. */
export const ROW_COLUMNS = `r.id, r.status, e.slug as environment, r.environment_id, en.slug as engine,
  v.major || '.' || v.minor as engine_version, r.source, r.created_at, r.started_at, r.completed_at,
  r.error_code, r.degradation_reason, r.summary, r.tags, k.name as key_name`;
export const ROW_JOINS = `
join environment e on e.org_id = r.org_id and e.id = r.environment_id
join engine en on en.org_id = r.org_id and en.id = r.engine_id
join engine_version v on v.org_id = r.org_id and v.id = r.engine_version_id
left join api_key k on k.id = r.key_id`;

/** The smallest id of an instant (RFC 9562: the first 48 bits are milliseconds). */
export function idFloor(atMs: number): string {
  const hex = Math.max(0, Math.floor(atMs)).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`;
}

class Conditions {
  readonly values: unknown[] = [];
  private readonly texts: string[] = [];

  add(text: (param: string) => string, value: unknown): void {
    this.texts.push(text(this.param(value)));
  }

  /** A value's place in the statement. */
  param(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  toString(): string {
    return this.texts.join(" and ");
  }
}

/** The ids that a filter's names stand for. */
export type Named = { engineId?: string; versionIds?: string[] };

/**
 * The ids of a filter's names; null where nothing has them. To be looked up beforehand, so that the planner knows how many runs an engine
 * has: for an unknown one it assumes as many as for all others.
 */
export async function resolveNames(
  orgId: string,
  { engineSlug, version }: Pick<RunFilter, "engineSlug" | "version">,
): Promise<Named | null> {
  const named: Named = {};
  if (engineSlug !== undefined) {
    const { rows } = await pool().query<{ id: string }>("select id from engine where org_id = $1 and slug = $2", [
      orgId,
      engineSlug,
    ]);
    if (!rows[0]) return null;
    named.engineId = rows[0].id;
  }
  if (version !== undefined) {
    const [major, minor] = version.split(".");
    const { rows } = await pool().query<{ id: string }>(
      `select id from engine_version where org_id = $1 and major = $2 and ($3::int is null or minor = $3)
       and ($4::uuid is null or engine_id = $4)`,
      [orgId, Number(major), minor === "x" ? null : Number(minor), named.engineId ?? null],
    );
    if (rows.length === 0) return null;
    named.versionIds = rows.map((row) => row.id);
  }
  return named;
}

function conditionsOf(scope: OrgScope, filter: RunFilter, { engineId, versionIds }: Named): Conditions {
  const where = new Conditions();
  where.add((p) => `org_id = ${p}`, scope.orgId);
  if (filter.beforeId !== undefined) where.add((p) => `id < ${p}`, filter.beforeId);
  if (filter.createdAfterMs !== undefined) {
    // The id finds the place in the index, the time itself decides.
    where.add((p) => `id >= ${p}`, idFloor(filter.createdAfterMs - CLOCK_SLACK_MS));
    where.add((p) => `created_at >= ${p}`, new Date(filter.createdAfterMs));
  }
  if (filter.createdBeforeMs !== undefined) {
    where.add((p) => `id < ${p}`, idFloor(filter.createdBeforeMs + CLOCK_SLACK_MS));
    where.add((p) => `created_at < ${p}`, new Date(filter.createdBeforeMs));
  }
  if (engineId !== undefined) where.add((p) => `engine_id = ${p}`, engineId);
  if (versionIds !== undefined) where.add((p) => `engine_version_id = any (${p}::uuid[])`, versionIds);
  return where;
}

/** Waiting runs are indexed by created_at; so many more are read by it than are shown, for ids of programs whose clocks differ a little. */
const OUT_OF_ORDER = 1_000;

/** The newest runs of one environment with one status, each by the index that has them and few others. */
function newestWithStatus(where: string, status: RunStatus, limit: number, beforeMs: string): string {
  const found = `select * from run where ${where} and status = '${status}'`;
  switch (status) {
    case "PENDING":
      return `select * from (
        ${found} and created_at < ${beforeMs} order by created_at desc, id desc limit ${limit + OUT_OF_ORDER}
      ) waiting order by id desc limit ${limit}`;
    case "RUNNING":
      // There are never more than workers can hold. Without the fence the planner might go through all runs to find them in order.
      return `select * from (${found} offset 0) running order by id desc limit ${limit}`;
    case "FAILED":
    case "DEGRADED":
    case "CANCELED":
    case "COMPLETED":
      return `${found} order by id desc limit ${limit}`;
  }
}

/** The instant that no run older than the cursor is later than, as SQL. */
function latestCreation(where: Conditions, { statuses, beforeId }: RunFilter): string {
  if (beforeId === undefined || !statuses?.includes("PENDING")) return "'infinity'";
  const mintedAtMs = Number.parseInt(beforeId.replaceAll("-", "").slice(0, 12), 16);
  return `${where.param(new Date(mintedAtMs + 2 * CLOCK_SLACK_MS))}::timestamptz`;
}

/**
 * The newest `limit` runs that fit, newest first. Each status that is asked for is read by itself, and where there is anything to choose,
 * each environment by itself; the results are merged. So an index has what is wanted, and nothing is found by going through all runs.
 */
export async function findRuns(
  scope: OrgScope | EnvironmentScope,
  filter: RunFilter,
  limit: number,
): Promise<RunRow[]> {
  const named = await resolveNames(scope.orgId, filter);
  if (!named) return [];
  const where = conditionsOf(scope, filter, named);
  const environment = "environmentId" in scope ? where.param(scope.environmentId) : undefined;
  const latest = latestCreation(where, filter);
  const newest = (status: RunStatus | undefined, inEnvironment: string): string => {
    const conditions = `${where}${inEnvironment}`;
    if (status) return newestWithStatus(conditions, status, limit, latest);
    return `select * from run where ${conditions} order by id desc limit ${limit}`;
  };
  const branch = (status: RunStatus | undefined): string => {
    if (environment !== undefined) return newest(status, ` and environment_id = ${environment}`);
    // The primary key has all runs of the organization in order.
    if (status === undefined && filter.engineSlug === undefined) return newest(status, "");
    return `select found.* from environment each cross join lateral (
      ${newest(status, " and environment_id = each.id")}
    ) found where each.org_id = $1`;
  };
  const branches = (filter.statuses?.length ? filter.statuses : [undefined]).map((status) => `(${branch(status)})`);
  const { rows } = await pool().query<RunRow>(
    `select ${ROW_COLUMNS} from (
      select * from (${branches.join(" union all ")}) found order by id desc limit ${limit}
    ) r ${ROW_JOINS} order by r.id desc`,
    where.values,
  );
  return rows;
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
