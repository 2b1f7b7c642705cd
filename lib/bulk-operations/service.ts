/**
 * Bulk operations: asked for, looked at, stopped. What is asked for is a row; workers do it in chunks (tasks.ts), so that it goes on
 * whoever is killed, and what asked for it need not wait.
 */
import { keyMaker } from "../api-keys/key-maker.ts";
import * as audit from "../audit/service.ts";
import { type EnvironmentScope, type OrgScope, requirePermission } from "../auth/principal.ts";
import { idOfCursor, toPage } from "../cursor.ts";
import { prisma } from "../db.ts";
import { ApiError, notFound } from "../errors.ts";
import type { BulkOperationModel } from "../generated/prisma/models.ts";
import { isId, newId } from "../ids.ts";
import type { PageQuery } from "../page.ts";
import { toIso } from "../time.ts";
import type { BulkOperationDto, BulkOperationPage, CancelFilter, CancelRuns } from "./schema.ts";

/** How many of an organization may be under way. */
const MAX_OPEN = 20;
const OPEN = ["queued", "running"] as const;

type Row = BulkOperationModel & { environment: string };

function toBulkOperation(row: Row): BulkOperationDto {
  return {
    id: row.id,
    kind: row.kind,
    status: row.status,
    environment: row.environment,
    filter: row.filter as CancelFilter,
    matched: row.matched,
    processed: row.succeeded + row.skipped,
    succeeded: row.succeeded,
    skipped: row.skipped,
    created_by: row.createdBy,
    created_at: toIso(row.createdAt),
    ...(row.startedAt === null ? {} : { started_at: toIso(row.startedAt) }),
    ...(row.endedAt === null ? {} : { ended_at: toIso(row.endedAt) }),
  };
}

const visible = (scope: OrgScope | EnvironmentScope) => ({
  orgId: scope.orgId,
  ...("environmentId" in scope ? { environmentId: scope.environmentId } : {}),
});

async function withEnvironments(orgId: string, rows: readonly BulkOperationModel[]): Promise<Row[]> {
  const ids = [...new Set(rows.map((row) => row.environmentId))];
  const environments = await prisma().environment.findMany({ where: { orgId, id: { in: ids } } });
  const slugs = new Map(environments.map(({ id, slug }) => [id, slug]));
  return rows.map((row) => ({ ...row, environment: slugs.get(row.environmentId)! }));
}

/** Throws 404 for an operation that does not exist or is not the scope's. */
export async function requireBulkOperation(
  scope: OrgScope | EnvironmentScope,
  id: string,
): Promise<BulkOperationModel> {
  const row = isId(id) ? await prisma().bulkOperation.findFirst({ where: { ...visible(scope), id } }) : null;
  if (!row) throw notFound("Bulk operation");
  return row;
}

/** One operation with how far it is. Throws 404. */
export async function getBulkOperation(scope: OrgScope | EnvironmentScope, id: string): Promise<BulkOperationDto> {
  requirePermission(scope, "runs:read");
  const [row] = await withEnvironments(scope.orgId, [await requireBulkOperation(scope, id)]);
  return toBulkOperation(row!);
}

/** A page of operations, newest first. */
export async function listBulkOperations(
  scope: OrgScope | EnvironmentScope,
  query: PageQuery,
): Promise<BulkOperationPage> {
  requirePermission(scope, "runs:read");
  const before = idOfCursor(query.cursor);
  const rows = await prisma().bulkOperation.findMany({
    where: { ...visible(scope), ...(before === undefined ? {} : { id: { lt: before } }) },
    orderBy: { id: "desc" },
    take: query.limit + 1,
  });
  return toPage(await withEnvironments(scope.orgId, rows), query.limit, toBulkOperation);
}

/** The filter as an audit event has it. */
function auditable(filter: CancelFilter): Record<string, string | readonly string[]> {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

/**
 * Asks for runs of the environment to be canceled: those that fit, exist now and have not ended when their turn comes.
 * Throws 409 `conflict` while 20 operations of the organization are under way.
 */
export async function startBulkCancel(scope: EnvironmentScope, { filter = {} }: CancelRuns): Promise<BulkOperationDto> {
  requirePermission(scope, "runs:write");
  const { orgId } = scope;
  const row = await prisma().$transaction(async (tx) => {
    // Those who ask at the same moment count one after the other.
    await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended('bulk_operation ' || ${orgId}, 0))`;
    if ((await tx.bulkOperation.count({ where: { orgId, status: { in: [...OPEN] } } })) >= MAX_OPEN) {
      throw new ApiError(
        "conflict",
        `${MAX_OPEN} bulk operations of the organization are under way: wait for one to end`,
      );
    }
    const created = await tx.bulkOperation.create({
      data: {
        orgId,
        id: newId(),
        environmentId: scope.environmentId,
        kind: "cancel",
        filter: { ...auditable(filter) } as Record<string, string | string[]>,
        ...keyMaker(scope.principal),
      },
    });
    await audit.record(tx, scope, {
      action: "run.bulk_cancel",
      target: { type: "bulk_operation", id: created.id },
      details: { environment: scope.environmentSlug, ...auditable(filter) },
    });
    return created;
  });
  return toBulkOperation({ ...row, environment: scope.environmentSlug });
}

/** Stops an operation: what it has done stays done. Throws 404, and 409 `conflict` for one that has ended. */
export async function stopBulkOperation(scope: OrgScope | EnvironmentScope, id: string): Promise<BulkOperationDto> {
  requirePermission(scope, "runs:write");
  await requireBulkOperation(scope, id);
  await prisma().$transaction(async (tx) => {
    const { count } = await tx.bulkOperation.updateMany({
      where: { ...visible(scope), id, status: { in: [...OPEN] } },
      data: { status: "stopped", endedAt: new Date() },
    });
    if (count === 0) throw new ApiError("conflict", "The operation has ended");
    await audit.record(tx, scope, { action: "bulk_operation.stop", target: { type: "bulk_operation", id } });
  });
  return getBulkOperation(scope, id);
}
