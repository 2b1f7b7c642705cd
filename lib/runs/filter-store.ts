/**
 * The statement of "the newest runs that fit a filter". Hand-written, because it must stay on one index however many millions of runs an
 * environment has.
 */
import type { EnvironmentScope, OrgScope } from "../auth/principal.ts";
import { pool } from "../db.ts";
import type { RunStatus } from "../generated/prisma/enums.ts";

/** What runs are narrowed to; times in milliseconds since 1970. */
export type RunFilter = {
  statuses?: readonly RunStatus[] | undefined;
  engineSlug?: string | undefined;
  /** `1.3` or `1.x` */
  version?: string | undefined;
  tag?: string | undefined;
  /** Only these runs. */
  ids?: readonly string[] | undefined;
  createdAfterMs?: number | undefined;
  createdBeforeMs?: number | undefined;
  /** Only runs older than this one. */
  beforeId?: string | undefined;
};

/** Ids are minted by programs whose clocks are within 5 s of the database's. */
export const CLOCK_SLACK_MS = 5_000;

/** The smallest id of an instant (RFC 9562: the first 48 bits are milliseconds). */
export function idFloor(atMs: number): string {
  const hex = Math.max(0, Math.floor(atMs)).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`;
}

class Conditions {
  readonly values: unknown[] = [];
  private readonly texts: string[] = [];
  private readonly bounds: string[] = [];

  /** A bound of the id. */
  bound(operator: "<" | ">=", id: string): void {
    this.bounds.push(`${operator} ${this.param(id)}`);
  }

  /** The bounds of ids, of this column. */
  within(column: string): string {
    return this.bounds.map((bound) => ` and ${column} ${bound}`).join("");
  }

  add(text: (param: string) => string, value: unknown): void {
    this.texts.push(text(this.param(value)));
  }

  /** A value's place in the statement. */
  param(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  toString(): string {
    return this.texts.join(" and ") + this.within("id");
  }
}

/** The ids that a filter's names stand for. */
export type Named = { engineId?: string; versionIds?: string[] };

/** A tag that fewer runs have is looked up by itself, whatever else is asked for. */
const COMMON_TAG = 2_000;

/** Whether so many runs have the tag that the index of a rare status finds those with both sooner. */
async function isCommonTag(scope: OrgScope | EnvironmentScope, tag: string): Promise<boolean> {
  const { rows } = await pool().query<{ found: number }>(
    `select count(*)::int as found from (
       select from run_tag where org_id = $1 and environment_id = any ($2::uuid[]) and tag = $3 limit ${COMMON_TAG}
     ) tagged`,
    [scope.orgId, await environmentIds(scope), tag],
  );
  return rows[0]!.found === COMMON_TAG;
}

async function environmentIds(scope: OrgScope | EnvironmentScope): Promise<string[]> {
  if ("environmentId" in scope) return [scope.environmentId];
  const { rows } = await pool().query<{ id: string }>("select id from environment where org_id = $1", [scope.orgId]);
  return rows.map(({ id }) => id);
}

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
  if (filter.beforeId !== undefined) where.bound("<", filter.beforeId);
  if (filter.createdAfterMs !== undefined) {
    // The id finds the place in the index, the time itself decides.
    where.bound(">=", idFloor(filter.createdAfterMs - CLOCK_SLACK_MS));
    where.add((p) => `created_at >= ${p}`, new Date(filter.createdAfterMs));
  }
  if (filter.createdBeforeMs !== undefined) {
    where.bound("<", idFloor(filter.createdBeforeMs + CLOCK_SLACK_MS));
    where.add((p) => `created_at < ${p}`, new Date(filter.createdBeforeMs));
  }
  if (engineId !== undefined) where.add((p) => `engine_id = ${p}`, engineId);
  if (filter.ids !== undefined) where.add((p) => `id = any (${p}::uuid[])`, filter.ids);
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

/** The newest runs of one environment that have a tag: by the tag's own table, each looked up in the order in which they stand there. */
function newestWithTag(
  where: Conditions,
  status: RunStatus | undefined,
  tag: string,
  inEnvironment: string,
  limit: number,
): string {
  const found = `select * from run where ${where} and id = t.run_id ${status ? `and status = '${status}'` : ""} offset 0`;
  return `select tagged.* from run_tag t cross join lateral (${found}) tagged
    where t.org_id = $1 and t.environment_id = ${inEnvironment} and t.tag = ${tag} ${where.within("t.run_id")}
    order by t.run_id desc limit ${limit}`;
}

/** Statuses with an index that has few others. */
const RARE: ReadonlySet<RunStatus | undefined> = new Set(["FAILED", "DEGRADED", "CANCELED"]);
const OPEN: ReadonlySet<RunStatus | undefined> = new Set(["PENDING", "RUNNING"]);

/** A statement whose rows are runs, newest first. */
export type RunStatement = { text: string; values: unknown[] };

/**
 * The newest `limit` runs that fit, newest first; null where nothing can. Each status that is asked for is read by itself, and where there is
 * anything to choose, each environment by itself; the results are merged. So an index has what is wanted, and nothing is found by going
 * through all runs.
 */
export async function newestRuns(
  scope: OrgScope | EnvironmentScope,
  filter: RunFilter,
  limit: number,
): Promise<RunStatement | null> {
  const named = await resolveNames(scope.orgId, filter);
  if (!named) return null;
  const { tag, statuses, engineSlug } = filter;
  const where = conditionsOf(scope, filter, named);
  const environment = "environmentId" in scope ? where.param(scope.environmentId) : undefined;
  const latest = latestCreation(where, filter);
  const tagParam = tag === undefined ? undefined : where.param(tag);
  const common = tag !== undefined && statuses?.some((status) => RARE.has(status)) && (await isCommonTag(scope, tag));

  const newest = (status: RunStatus | undefined, inEnvironment: string | undefined): string => {
    if (tagParam !== undefined && inEnvironment !== undefined && !OPEN.has(status) && !(common && RARE.has(status))) {
      return newestWithTag(where, status, tagParam, inEnvironment, limit);
    }
    const conditions = [
      `${where}`,
      inEnvironment === undefined ? [] : `environment_id = ${inEnvironment}`,
      tagParam === undefined ? [] : `tags @> array[${tagParam}]::text[]`,
    ];
    const text = conditions.flat().join(" and ");
    if (status) return newestWithStatus(text, status, limit, latest);
    return `select * from run where ${text} order by id desc limit ${limit}`;
  };
  const branch = (status: RunStatus | undefined): string => {
    if (environment !== undefined) return newest(status, environment);
    // The primary key has all runs of the organization in order.
    if (status === undefined && engineSlug === undefined && tag === undefined) return newest(status, undefined);
    return `select found.* from environment each cross join lateral (${newest(status, "each.id")}) found where each.org_id = $1`;
  };
  const branches = (statuses?.length ? statuses : [undefined]).map((status) => `(${branch(status)})`);
  const text = `select * from (${branches.join(" union all ")}) found order by id desc limit ${limit}`;
  return { text, values: where.values };
}
