/**
 * One chunk of a bulk cancel. It goes through the waiting runs, oldest first, then through the running ones, and again until it finds
 * none: a run that is handed back while it is under way is met by the next pass.
 *
 * Rows that somebody else holds (a worker claims or completes them at this moment) are passed over, so that nobody waits for anybody;
 * the next pass meets those that have not ended. Looking up, locking and changing are three statements: see lib/hot-path/claim.ts on
 * partitions looked up while rows are locked.
 */
import { Prisma } from "../generated/prisma/client.ts";
import type { Tx } from "../db.ts";
import type { BulkOperationModel } from "../generated/prisma/models.ts";
import { resolveNames } from "../runs/filter-store.ts";
import { markAllCanceled } from "../runs/store.ts";
import { CANCELABLE, type CancelFilter } from "./schema.ts";

type Status = (typeof CANCELABLE)[number];

/** Where the next chunk begins: after this run of this status. `found`: how many runs the pass has met. */
type Position = { status: Status; after: { created_at: string; id: string } | null; found: number };

export type CancelProgress = { matched: number; succeeded: number; position: Position; done: boolean };

type Candidate = { id: string; created_at: Date };

const statusesOf = (filter: CancelFilter): readonly Status[] =>
  CANCELABLE.filter((status) => filter.status?.includes(status) ?? true);

const beginning = (filter: CancelFilter): Position => ({ status: statusesOf(filter)[0]!, after: null, found: 0 });

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

function findCandidates(tx: Tx, where: Prisma.Sql, { status, after }: Position, limit: number): Promise<Candidate[]> {
  const rest = after
    ? Prisma.sql`and (created_at, id) > (${new Date(after.created_at)}, ${after.id}::uuid)`
    : Prisma.empty;
  const found = Prisma.sql`select id, created_at from run where ${where} and ${withStatus(status)} ${rest}`;
  // There are never more running than workers can hold; without the fence the planner might go through all runs to find them in order.
  const from = status === "PENDING" ? found : Prisma.sql`select * from (${found} offset 0) running`;
  return tx.$queryRaw`${from} order by created_at, id limit ${limit}`;
}

/** Where to look after nothing more of a status was found; null when there is nothing anywhere. */
function nextPosition(filter: CancelFilter, { status, found }: Position): Position | null {
  const statuses = statusesOf(filter);
  const next = statuses[statuses.indexOf(status) + 1];
  if (next) return { status: next, after: null, found };
  return found > 0 ? beginning(filter) : null;
}

/** Counts before the first chunk, and cancels up to `limit` runs in the caller's transaction, which must hold the operation's row. */
export async function cancelChunk(tx: Tx, operation: BulkOperationModel, limit: number): Promise<CancelProgress> {
  const filter = operation.filter as CancelFilter;
  const position = (operation.position as Position | null) ?? beginning(filter);
  const { matched, succeeded } = operation;
  const where = await conditionsOf(operation);
  if (!where) return { matched: 0, succeeded, position, done: true };

  const total = matched ?? (await count(tx, operation, where));
  const candidates = await findCandidates(tx, where, position, limit);
  const last = candidates.at(-1);
  if (!last) {
    const next = nextPosition(filter, position);
    return { matched: total, succeeded, position: next ?? position, done: next === null };
  }
  const canceled = await markAllCanceled(
    tx,
    operation.orgId,
    candidates.map(({ id }) => id),
    statusesOf(filter),
  );
  const after = { created_at: last.created_at.toISOString(), id: last.id };
  return {
    matched: total,
    succeeded: succeeded + canceled,
    position: { ...position, after, found: position.found + candidates.length },
    done: false,
  };
}
