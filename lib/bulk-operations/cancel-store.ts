/**
 * One chunk of a bulk cancel. It goes through the runs that fit and have not ended, oldest first, and again from the beginning until a pass
 * finds none.
 *
 * Rows that somebody else holds (a worker claims or completes them at this moment) are passed over, so that nobody waits for anybody;
 * the next pass meets those that have not ended. Waiting and running ones are looked up by one statement: looked up one after the other,
 * a run that a worker takes and hands back could be missed by both. Looking up, locking and changing are three statements: see
 * lib/hot-path/claim.ts on partitions looked up while rows are locked.
 */
import { Prisma } from "../generated/prisma/client.ts";
import type { Tx } from "../db.ts";
import type { BulkOperationModel } from "../generated/prisma/models.ts";
import { resolveNames } from "../runs/filter-store.ts";
import { markAllCanceled } from "../runs/store.ts";
import { CANCELABLE, type CancelFilter } from "./schema.ts";

type Status = (typeof CANCELABLE)[number];

/** Where the next chunk begins: after this run; null at the beginning of a pass. */
type Position = { after: { created_at: string; id: string } | null };

export type CancelProgress = { matched: number; succeeded: number; position: Position; done: boolean };

type Candidate = { id: string; created_at: Date };

const statusesOf = (filter: CancelFilter): readonly Status[] =>
  CANCELABLE.filter((status) => filter.status?.includes(status) ?? true);

const BEGINNING: Position = { after: null };

/** What the filter narrows runs to, beside their status; null where nothing can fit. */
async function conditionsOf(operation: BulkOperationModel): Promise<Prisma.Sql | null> {
  const filter = operation.filter as CancelFilter;
  const named = await resolveNames(operation.orgId, { engineSlug: filter.engine, version: filter.version });
  if (!named) return null;
  const { engineId, versionIds } = named;
  const { run_ids: ids, tag, created_after: after, created_before: before } = filter;
  return Prisma.join(
    [
      Prisma.sql`org_id = ${operation.orgId}::uuid and environment_id = ${operation.environmentId}::uuid`,
      // What came after the request was not meant by it.
      Prisma.sql`created_at <= ${operation.createdAt}`,
      ...(ids ? [Prisma.sql`id = any(${ids}::uuid[])`] : []),
      ...(engineId ? [Prisma.sql`engine_id = ${engineId}::uuid`] : []),
      ...(versionIds ? [Prisma.sql`engine_version_id = any(${versionIds}::uuid[])`] : []),
      ...(tag === undefined ? [] : [Prisma.sql`tags @> array[${tag}]::text[]`]),
      ...(after === undefined ? [] : [Prisma.sql`created_at >= ${new Date(after)}`]),
      ...(before === undefined ? [] : [Prisma.sql`created_at < ${new Date(before)}`]),
    ],
    " and ",
  );
}

// Runs that are named one by one count also when they have ended: the person who chose them wants to hear of each.
async function count(tx: Tx, { filter }: BulkOperationModel, where: Prisma.Sql): Promise<number> {
  const statuses = statusesOf(filter as CancelFilter);
  const open = (filter as CancelFilter).run_ids
    ? Prisma.empty
    : Prisma.sql`and (${Prisma.join(statuses.map(withStatus), " or ")})`;
  const [row] = await tx.$queryRaw<
    { matched: number }[]
  >`select count(*)::int as matched from run where ${where} ${open}`;
  return row!.matched;
}

// Written out, so that the planner sees which of the partial indexes has these rows.
const withStatus = (status: Status) =>
  status === "PENDING" ? Prisma.sql`status = 'PENDING'` : Prisma.sql`status = 'RUNNING'`;

function findCandidates(
  tx: Tx,
  where: Prisma.Sql,
  statuses: readonly Status[],
  { after }: Position,
  limit: number,
): Promise<Candidate[]> {
  const rest = after
    ? Prisma.sql`and (created_at, id) > (${new Date(after.created_at)}, ${after.id}::uuid)`
    : Prisma.empty;
  const branches = statuses.map((status) => {
    const found = Prisma.sql`select id, created_at from run where ${where} and ${withStatus(status)} ${rest}`;
    // Few are running, and no index has them in order; without the fence the planner might go through all runs to find them so.
    const from = status === "PENDING" ? found : Prisma.sql`select * from (${found} offset 0) running`;
    return Prisma.sql`(${from} order by created_at, id limit ${limit})`;
  });
  return tx.$queryRaw`
    select * from (${Prisma.join(branches, " union all ")}) open_runs order by created_at, id limit ${limit}`;
}

/** Counts before the first chunk, and cancels up to `limit` runs in the caller's transaction, which must hold the operation's row. */
export async function cancelChunk(tx: Tx, operation: BulkOperationModel, limit: number): Promise<CancelProgress> {
  const statuses = statusesOf(operation.filter as CancelFilter);
  const position = (operation.position as Position | null) ?? BEGINNING;
  const { matched, succeeded } = operation;
  const where = await conditionsOf(operation);
  if (!where) return { matched: 0, succeeded, position, done: true };

  const total = matched ?? (await count(tx, operation, where));
  const candidates = await findCandidates(tx, where, statuses, position, limit);
  const last = candidates.at(-1);
  // Nothing after a run is the end of a pass; nothing at all is the end.
  if (!last) return { matched: total, succeeded, position: BEGINNING, done: position.after === null };
  const canceled = await markAllCanceled(
    tx,
    operation.orgId,
    candidates.map(({ id }) => id),
    statuses,
  );
  const after = { created_at: last.created_at.toISOString(), id: last.id };
  return { matched: total, succeeded: succeeded + canceled, position: { after }, done: false };
}
