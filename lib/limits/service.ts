/**
 * Limits as people see and set them. The operator sets how many runs a minute an organization may send, and ceilings of concurrency; whoever
 * manages an organization's environments limits each of them within its ceiling; everybody in the organization may look.
 */
import * as audit from "../audit/service.ts";
import { type OrgScope, requirePermission } from "../auth/principal.ts";
import { prisma, type Tx } from "../db.ts";
import { SLUG_PATTERN } from "../environments/slug.ts";
import { ApiError, invalidField, notFound } from "../errors.ts";
import { toIso } from "../time.ts";
import { effectiveConcurrency } from "./concurrency.ts";
import type { EnvironmentLimits, Limits, SetEnvironmentLimits } from "./schema.ts";
import {
  type EnvironmentLimitsRow,
  findEnvironmentLimits,
  findOrganizationLimits,
  markEnvironmentsReady,
  writeRunsPerMinute,
} from "./store.ts";

function toEnvironmentLimits(row: EnvironmentLimitsRow): EnvironmentLimits {
  const { slug, kind, concurrency_limit: limit, ceiling, running } = row;
  const effective = effectiveConcurrency(limit, ceiling);
  return { environment: slug, kind, concurrency: { limit, ceiling, effective, running } };
}

/** Everything that limits the organization, with what is in use now. */
export async function getLimits(scope: OrgScope): Promise<Limits> {
  const [organization, environments] = await Promise.all([
    findOrganizationLimits(scope.orgId),
    findEnvironmentLimits(scope.orgId),
  ]);
  if (!organization) throw notFound("Organization");
  const { runs_per_minute: limit, accepted, resets_at: resetsAt, environment_limit: environmentLimit } = organization;
  const window = limit !== null && accepted !== null && resetsAt !== null;
  return {
    runs_per_minute: { limit, used: window ? accepted : 0, ...(window ? { resets_at: toIso(resetsAt) } : {}) },
    environments: { limit: environmentLimit, used: environments.filter(({ kind }) => kind === "environment").length },
    data: environments.map(toEnvironmentLimits),
  };
}

/** The limits of one environment. Throws 404. */
export async function getEnvironmentLimits(scope: OrgScope, slug: string): Promise<EnvironmentLimits> {
  const [row] = SLUG_PATTERN.test(slug) ? await findEnvironmentLimits(scope.orgId, slug) : [];
  if (!row) throw notFound("Environment");
  return toEnvironmentLimits(row);
}

type LockedEnvironment = { id: string; concurrency_limit: number | null; ceiling: number | null };

async function lockEnvironment(tx: Tx, scope: OrgScope, slug: string): Promise<LockedEnvironment> {
  const [found] = SLUG_PATTERN.test(slug)
    ? await tx.$queryRaw<LockedEnvironment[]>`
        select e.id, e.concurrency_limit, coalesce(e.concurrency_ceiling, o.concurrency_ceiling) as ceiling
        from environment e join organization o on o.id = e.org_id
        where e.org_id = ${scope.orgId}::uuid and e.slug = ${slug} and e.deleted_at is null
        for no key update of e`
    : [];
  if (!found) throw notFound("Environment");
  return found;
}

/**
 * Sets the organization's own limits of an environment; null takes one away. Throws 403, 404, and 400 for a number above the operator's ceiling.
 * It holds for every run that is started from now on; what runs already goes on.
 */
export async function setEnvironmentLimits(
  scope: OrgScope,
  slug: string,
  { concurrency }: SetEnvironmentLimits,
): Promise<EnvironmentLimits> {
  requirePermission(scope, "environments:manage");
  await prisma().$transaction(async (tx) => {
    const environment = await lockEnvironment(tx, scope, slug);
    const { id, ceiling } = environment;
    if (concurrency !== null && ceiling !== null && concurrency > ceiling) {
      throw invalidField("concurrency", `must be at most ${ceiling}, the ceiling set by the operator`);
    }
    if (concurrency === environment.concurrency_limit) return;
    await tx.environment.update({
      where: { orgId_id: { orgId: scope.orgId, id } },
      data: { concurrencyLimit: concurrency },
    });
    await markEnvironmentsReady(tx, scope.orgId, id);
    await audit.record(tx, scope, {
      action: "environment.set_limit",
      target: { type: "environment", id, label: slug },
      details: { limit: "concurrency", value: concurrency, value_before: environment.concurrency_limit },
    });
  });
  return getEnvironmentLimits(scope, slug);
}

function requireOperator(scope: OrgScope): void {
  if (scope.principal.kind !== "system") throw new ApiError("forbidden", "Only the operator may set this");
}

/** Sets how many runs a minute the organization may send, or null for any number. For the operator; holds for the very next request. */
export async function setRunsPerMinute(scope: OrgScope, limit: number | null): Promise<void> {
  requireOperator(scope);
  await prisma().$transaction(async (tx) => {
    await writeRunsPerMinute(tx, scope.orgId, limit);
    await recordOrganizationLimit(tx, scope, "runs-per-minute", limit);
  });
}

/**
 * Sets the ceiling of runs at once: of one environment, or with null as its slug of every environment that has no ceiling of its own. For the
 * operator. Throws 404. Limits above it stay as they are, and have no effect.
 */
export async function setConcurrencyCeiling(
  scope: OrgScope,
  slug: string | null,
  ceiling: number | null,
): Promise<void> {
  requireOperator(scope);
  const { orgId } = scope;
  await prisma().$transaction(async (tx) => {
    if (slug === null) {
      await tx.organization.update({ where: { id: orgId }, data: { concurrencyCeiling: ceiling } });
      await markEnvironmentsReady(tx, orgId, null);
      return recordOrganizationLimit(tx, scope, "concurrency", ceiling);
    }
    const { id } = await lockEnvironment(tx, scope, slug);
    await tx.environment.update({ where: { orgId_id: { orgId, id } }, data: { concurrencyCeiling: ceiling } });
    await markEnvironmentsReady(tx, orgId, id);
    await audit.record(tx, scope, {
      action: "environment.set_ceiling",
      target: { type: "environment", id, label: slug },
      details: { limit: "concurrency", value: ceiling },
    });
  });
}

async function recordOrganizationLimit(tx: Tx, scope: OrgScope, limit: string, value: number | null): Promise<void> {
  const { name } = await tx.organization.findUniqueOrThrow({ where: { id: scope.orgId }, select: { name: true } });
  await audit.record(tx, scope, {
    action: "organization.set_limit",
    target: { type: "organization", id: scope.orgId, label: name },
    details: { limit, value },
  });
}
