/** Endpoints as rows: looked up within a scope, and counted while their environment is held. */
import type { EnvironmentScope, OrgScope } from "../auth/principal.ts";
import { prisma, type Tx } from "../db.ts";
import { notFound } from "../errors.ts";
import type { WebhookEndpointModel, WebhookRecoveryModel } from "../generated/prisma/models.ts";
import { isId } from "../ids.ts";

export type Within = OrgScope | EnvironmentScope;

/** A secret that was replaced and signs until it ends. */
export type OldSecret = { createdAt: Date; expiresAt: Date | null };

/** An endpoint with the slug of its environment, the recovery that is under way, and old secrets that sign still, the last to end first. */
export type EndpointRow = WebhookEndpointModel & {
  environment: string;
  recovery: WebhookRecoveryModel | null;
  oldSecrets: OldSecret[];
};

/** What the scope reaches. */
export const visible = (within: Within) => ({
  orgId: within.orgId,
  ...("environmentId" in within ? { environmentId: within.environmentId } : {}),
});

/** Throws 404 for an endpoint that does not exist, is deleted (but for `deleted: true`), or is not the scope's. */
export async function requireEndpoint(
  within: Within,
  id: string,
  { deleted = false }: { deleted?: boolean } = {},
): Promise<WebhookEndpointModel> {
  const where = { ...visible(within), id, ...(deleted ? {} : { deletedAt: null }) };
  const row = isId(id) ? await prisma().webhookEndpoint.findFirst({ where }) : null;
  if (!row) throw notFound("Webhook");
  return row;
}

/** A page of endpoints, newest first: those that were deleted, or those that were not. One row more than `limit`. */
export function findEndpoints(
  within: Within,
  { before, limit, deleted }: { before: string | undefined; limit: number; deleted: boolean },
): Promise<WebhookEndpointModel[]> {
  return prisma().webhookEndpoint.findMany({
    where: {
      ...visible(within),
      deletedAt: deleted ? { not: null } : null,
      ...(before === undefined ? {} : { id: { lt: before } }),
    },
    orderBy: { id: "desc" },
    take: limit + 1,
  });
}

/** The rows with what is told of them beside. */
export async function withContext(
  orgId: string,
  rows: readonly WebhookEndpointModel[],
  tx: Tx = prisma(),
): Promise<EndpointRow[]> {
  const environmentIds = [...new Set(rows.map((row) => row.environmentId))];
  const environments = await tx.environment.findMany({ where: { orgId, id: { in: environmentIds } } });
  const recoveries = await tx.webhookRecovery.findMany({
    where: { orgId, endpointId: { in: rows.map((row) => row.id) }, endedAt: null },
  });
  const oldSecrets = await tx.webhookSecret.findMany({
    where: { orgId, endpointId: { in: rows.map((row) => row.id) }, expiresAt: { gt: new Date() } },
    select: { endpointId: true, createdAt: true, expiresAt: true },
    orderBy: { expiresAt: "desc" },
  });
  const slugs = new Map(environments.map(({ id, slug }) => [id, slug]));
  const open = new Map(recoveries.map((recovery) => [recovery.endpointId, recovery]));
  return rows.map((row) => ({
    ...row,
    environment: slugs.get(row.environmentId)!,
    recovery: open.get(row.id) ?? null,
    oldSecrets: oldSecrets.filter(({ endpointId }) => endpointId === row.id),
  }));
}

/**
 * Makes those who add endpoints to one environment take turns, and counts what it has. Throws 404 where the environment is gone. To be called
 * before the endpoint's own row is locked.
 */
export async function countEndpoints(
  tx: Tx,
  { orgId, environmentId }: { orgId: string; environmentId: string },
): Promise<{ active: number; all: number }> {
  const [environment] = await tx.$queryRaw<unknown[]>`
    select 1 from environment where org_id = ${orgId}::uuid and id = ${environmentId}::uuid and deleted_at is null for no key update`;
  if (!environment) throw notFound("Environment");
  const [count] = await tx.$queryRaw<{ active: number; all: number }[]>`
    select count(*) filter (where active)::int as active, count(*)::int as all from webhook_endpoint
    where org_id = ${orgId}::uuid and environment_id = ${environmentId}::uuid and deleted_at is null`;
  return count!;
}

/** The row, held against other changes. Throws 404 where it has been deleted meanwhile. */
export async function lockEndpoint(tx: Tx, orgId: string, id: string): Promise<WebhookEndpointModel> {
  const [found] = await tx.$queryRaw<unknown[]>`
    select 1 from webhook_endpoint where org_id = ${orgId}::uuid and id = ${id}::uuid and deleted_at is null for update`;
  if (!found) throw notFound("Webhook");
  return tx.webhookEndpoint.findUniqueOrThrow({ where: { orgId_id: { orgId, id } } });
}
