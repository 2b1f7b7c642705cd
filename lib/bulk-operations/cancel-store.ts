/**
 * One chunk of a bulk cancel. It first counts, then goes through the runs that fit and have not ended, oldest first, and again from the beginning
 * until a pass finds none.
 *
 * Rows that somebody else holds (a worker claims or completes them at this moment) are passed over, so that nobody waits for anybody;
 * the next pass meets those that have not ended. Waiting and running ones are looked up by one statement: looked up one after the other,
 * a run that a worker takes and hands back could be missed by both. Looking up, locking and changing are three statements: see
 * lib/hot-path/claim.ts on partitions looked up while rows are locked.
 *
 * No statement looks at more runs than a chunk may, whether they fit or not: what no index narrows down may be among millions that wait.
 */
import { Prisma } from "../generated/prisma/client.ts";
import type { Tx } from "../db.ts";
import type { BulkOperationModel } from "../generated/prisma/models.ts";
import { resolveNames } from "../runs/filter-store.ts";
import { markAllCanceled } from "../runs/store.ts";
import { CANCELABLE, type CancelFilter } from "./schema.ts";

type Status = (typeof CANCELABLE)[number];
type Place = { created_at: string; id: string };

/** Where the next chunk begins: after this run; null at the beginning of a pass. `found`: the pass has found runs; `counted`: so many, still counting. */
type Position = { after: Place | null; found?: boolean; counted?: number };

/** `matched` is null until all are counted. */
export type CancelProgress = { matched: number | null; succeeded: number; position: Position; done: boolean };

/** Runs that a chunk cancels, and that it looks at, at most. */
export type ChunkSize = { canceled: number; looked: number };

/** What the filter narrows runs to: `within` by an index, `fits` among those. */
type Conditions = { within: Prisma.Sql; fits: Prisma.Sql; statuses: readonly Status[] };

const BEGINNING: Position = { after: null };

const toPlace = ({ created_at: at, id }: { created_at: Date; id: string }): Place => ({
  created_at: at.toISOString(),
  id,
});

/** Null where nothing can fit. */
async function conditionsOf(operation: BulkOperationModel): Promise<Conditions | null> {
  const filter = operation.filter as CancelFilter;
  const named = await resolveNames(operation.orgId, { engineSlug: filter.engine, version: filter.version });
  if (!named) return null;
  const { engineId, versionIds } = named;
  const { run_ids: ids, tag, created_after: after, created_before: before } = filter;
  const within = [
    Prisma.sql`org_id = ${operation.orgId}::uuid and environment_id = ${operation.environmentId}::uuid`,
    // What came after the request was not meant by it.
    Prisma.sql`created_at <= ${operation.createdAt}`,
    ...(ids ? [Prisma.sql`id = any(${ids}::uuid[])`] : []),
    ...(after === undefined ? [] : [Prisma.sql`created_at >= ${new Date(after)}`]),
    ...(before === undefined ? [] : [Prisma.sql`created_at < ${new Date(before)}`]),
  ];
  const fits = [
    Prisma.sql`true`,
    ...(engineId ? [Prisma.sql`engine_id = ${engineId}::uuid`] : []),
    ...(versionIds ? [Prisma.sql`engine_version_id = any(${versionIds}::uuid[])`] : []),
    ...(tag === undefined ? [] : [Prisma.sql`tags @> array[${tag}]::text[]`]),
  ];
  return {
    within: Prisma.join(within, " and "),
    fits: Prisma.join(fits, " and "),
    statuses: CANCELABLE.filter((status) => filter.status?.includes(status) ?? true),
  };
}

// Written out, so that the planner sees which of the partial indexes has these rows.
const withStatus = (status: Status) =>
  status === "PENDING" ? Prisma.sql`status = 'PENDING'` : Prisma.sql`status = 'RUNNING'`;

/** `looked_at`: the next runs that have not ended, whether they fit or not. */
function lookedAt({ within, statuses }: Conditions, { after }: Position, limit: number): Prisma.Sql {
  const rest = after
    ? Prisma.sql`and (created_at, id) > (${new Date(after.created_at)}, ${after.id}::uuid)`
    : Prisma.empty;
  const branches = statuses.map((status) => {
    const columns = Prisma.sql`id, created_at, engine_id, engine_version_id, tags`;
    const found = Prisma.sql`select ${columns} from run where ${within} and ${withStatus(status)} ${rest}`;
    // Few are running, and no index has them in order; without the fence the planner might go through all runs to find them so.
    const from = status === "PENDING" ? found : Prisma.sql`select * from (${found} offset 0) running`;
    return Prisma.sql`(${from} order by created_at, id limit ${limit})`;
  });
  return Prisma.sql`with looked_at as materialized (
    select * from (${Prisma.join(branches, " union all ")}) open_runs order by created_at, id limit ${limit}
  )`;
}

type Count = { counted: number; looked: number; created_at: Date; id: string };

// Runs that are named one by one count also when they have ended: the person who chose them wants to hear of each.
async function countNamed(tx: Tx, { within }: Conditions): Promise<number> {
  const [row] = await tx.$queryRaw<{ matched: number }[]>`select count(*)::int as matched from run where ${within}`;
  return row!.matched;
}

/** Counts on from the position: the whole count, or where to go on. */
async function countOn(tx: Tx, where: Conditions, position: Position, limit: number): Promise<number | Position> {
  const [last] = await tx.$queryRaw<Count[]>`
    ${lookedAt(where, position, limit)}
    select (select count(*)::int from looked_at where ${where.fits}) as counted, (select count(*)::int from looked_at) as looked, created_at, id
    from looked_at order by created_at desc, id desc limit 1`;
  const counted = (position.counted ?? 0) + (last?.counted ?? 0);
  return last && last.looked === limit ? { after: toPlace(last), counted } : counted;
}

type Candidate = { id: string; created_at: Date; fits: boolean };

/** The next runs that fit, and how far that has looked; null at the end of the pass. */
async function findCandidates(
  tx: Tx,
  where: Conditions,
  position: Position,
  { canceled, looked }: ChunkSize,
): Promise<{ ids: string[]; after: Place } | null> {
  const rows = await tx.$queryRaw<Candidate[]>`
    ${lookedAt(where, position, looked)}
    (select id, created_at, true as fits from looked_at where ${where.fits} order by created_at, id limit ${canceled})
    union all (select id, created_at, false from looked_at order by created_at desc, id desc limit 1)
    order by created_at, id`;
  const furthest = rows.find(({ fits }) => !fits);
  if (!furthest) return null;
  const candidates = rows.filter(({ fits }) => fits);
  return {
    ids: candidates.map(({ id }) => id),
    after: toPlace(candidates.length === canceled ? candidates.at(-1)! : furthest),
  };
}

/** Counts, and when that is done cancels, a chunk of runs in the caller's transaction, which must hold the operation's row. */
export async function cancelChunk(tx: Tx, operation: BulkOperationModel, size: ChunkSize): Promise<CancelProgress> {
  const { orgId, succeeded } = operation;
  let position = (operation.position as Position | null) ?? BEGINNING;
  const where = await conditionsOf(operation);
  if (!where) return { matched: 0, succeeded, position, done: true };

  let { matched } = operation;
  if (matched === null) {
    const isNamed = (operation.filter as CancelFilter).run_ids !== undefined;
    const counted = isNamed ? await countNamed(tx, where) : await countOn(tx, where, position, size.looked);
    if (typeof counted !== "number") return { matched: null, succeeded, position: counted, done: false };
    matched = counted;
    position = BEGINNING;
  }
  const candidates = await findCandidates(tx, where, position, size);
  if (!candidates) return { matched, succeeded, position: BEGINNING, done: !position.found };
  const { ids, after } = candidates;
  const canceled = ids.length === 0 ? 0 : await markAllCanceled(tx, orgId, ids, where.statuses);
  const found = position.found === true || ids.length > 0;
  return { matched, succeeded: succeeded + canceled, position: { after, found }, done: false };
}
