/** Environments: what the portal and the public API can do with them. */
import * as audit from "../audit/service.ts";
import type { EnvironmentScope, OrgScope } from "../auth/principal.ts";
import { idOfCursor, toPage } from "../cursor.ts";
import { prisma, type Tx } from "../db.ts";
import { env } from "../env.ts";
import { ApiError, notFound } from "../errors.ts";
import type { EnvironmentModel } from "../generated/prisma/models.ts";
import { newId } from "../ids.ts";
import type { PageQuery } from "../page.ts";
import { toIso } from "../time.ts";
import { applyPins, pinsOf } from "./pins.ts";
import { slugsWithoutEngine } from "./pins-store.ts";
import {
  cancelPendingDeliveries,
  cancelPendingRuns,
  removeEndpointsOfEnvironment,
  revokeKeysOfEnvironment,
} from "./removal-store.ts";
import type {
  CreateEnvironment,
  EnvironmentDto,
  EnvironmentList,
  EnvironmentPage,
  UpdateEnvironment,
} from "./schema.ts";
import { PROTECTED_SLUGS, SLUG_PATTERN, slugProblem } from "./slug.ts";

function toEnvironment(row: EnvironmentModel): EnvironmentDto {
  const pins = pinsOf(row.enginePins);
  return {
    id: row.id,
    slug: row.slug,
    kind: row.kind,
    created_at: toIso(row.createdAt),
    ...(row.pinnedEngineVersion === null ? {} : { pinned_engine_version: row.pinnedEngineVersion }),
    ...(Object.keys(pins).length === 0 ? {} : { engine_pins: pins }),
  };
}

/** What the caller can see: everything of the organization, but a key of another environment than live only that one. */
function visible(scope: OrgScope | EnvironmentScope) {
  const own = "environmentId" in scope && scope.environmentKind !== "live" ? { id: scope.environmentId } : {};
  return { orgId: scope.orgId, deletedAt: null, ...own };
}

/** An environment by its slug. Throws 404 for what does not exist, is deleted, or is not the caller's to see. */
export async function findEnvironment(scope: OrgScope | EnvironmentScope, slug: string): Promise<EnvironmentModel> {
  // What is no slug at all is not looked up: PostgreSQL refuses some texts.
  const row = SLUG_PATTERN.test(slug)
    ? await prisma().environment.findFirst({ where: { ...visible(scope), slug } })
    : null;
  if (!row) throw notFound("Environment");
  return row;
}

/** As findEnvironment, as the wire has it. */
export async function getEnvironment(scope: OrgScope | EnvironmentScope, slug: string): Promise<EnvironmentDto> {
  return toEnvironment(await findEnvironment(scope, slug));
}

/** A page of the environments that the caller can see, in the order of their creation: live first. */
export async function listEnvironments(scope: OrgScope | EnvironmentScope, query: PageQuery): Promise<EnvironmentPage> {
  const after = idOfCursor(query.cursor);
  const rows = await prisma().environment.findMany({
    where: { AND: [visible(scope), after === undefined ? {} : { id: { gt: after } }] },
    orderBy: { id: "asc" },
    take: query.limit + 1,
  });
  return toPage(rows, query.limit, toEnvironment);
}

const KIND_ORDER = ["live", "environment", "test"];

/** All environments of the organization, live first, and how many of its limit are used. */
export async function listAllEnvironments(scope: OrgScope): Promise<EnvironmentList> {
  const [organization, rows] = await Promise.all([
    prisma().organization.findUniqueOrThrow({ where: { id: scope.orgId }, select: { environmentLimit: true } }),
    prisma().environment.findMany({ where: visible(scope), orderBy: { id: "asc" } }),
  ]);
  return {
    data: rows.toSorted((a, b) => KIND_ORDER.indexOf(a.kind) - KIND_ORDER.indexOf(b.kind)).map(toEnvironment),
    next_cursor: null,
    limit: organization.environmentLimit,
    used: rows.filter((row) => row.kind === "environment").length,
  };
}

/**
 * Creates an environment. Throws `invalid_slug`, `slug_reserved`, `slug_taken` (also for a deleted one's slug) and
 * `environment_limit_reached`. However many are created at once, the limit holds: creations of one organization take turns on its row.
 */
export async function createEnvironment(scope: OrgScope, input: CreateEnvironment): Promise<EnvironmentDto> {
  const { slug } = input;
  const problem = slugProblem(slug);
  if (problem) {
    throw new ApiError(problem.code, problem.message, { details: [{ path: "slug", message: problem.message }] });
  }
  return prisma().$transaction(async (tx) => {
    const limit = await lockEnvironmentLimit(tx, scope);
    const taken = await tx.environment.findUnique({ where: { orgId_slug: { orgId: scope.orgId, slug } } });
    if (taken) throw slugTaken(slug, taken.deletedAt !== null);
    const used = await tx.environment.count({ where: { orgId: scope.orgId, kind: "environment", deletedAt: null } });
    if (used >= limit) throw limitReached(limit);
    const row = await tx.environment.create({ data: { orgId: scope.orgId, id: newId(), slug, kind: "environment" } });
    await audit.record(tx, scope, {
      action: "environment.create",
      target: { type: "environment", id: row.id, label: slug },
    });
    return toEnvironment(row);
  });
}

async function lockEnvironmentLimit(tx: Tx, scope: OrgScope): Promise<number> {
  const [organization] = await tx.$queryRaw<{ environment_limit: number }[]>`
    select environment_limit from organization where id = ${scope.orgId}::uuid and deleted_at is null for update`;
  if (!organization) throw notFound("Organization");
  return organization.environment_limit;
}

function slugTaken(slug: string, isDeleted: boolean): ApiError {
  return new ApiError(
    "slug_taken",
    isDeleted
      ? `The slug ${slug} belonged to a deleted environment; slugs are never used again`
      : `There is an environment with the slug ${slug}`,
    { details: [{ path: "slug", message: "is taken" }] },
  );
}

function limitReached(limit: number): ApiError {
  return new ApiError(
    "environment_limit_reached",
    `The organization has reached its limit of ${limit} environments beside live; to raise it, contact support: ${env.SUPPORT_CONTACT}`,
  );
}

/** Locks the row against deletion and other changes. Throws 404 as findEnvironment does. */
async function lockEnvironment(tx: Tx, scope: OrgScope, slug: string): Promise<EnvironmentModel> {
  const [found] = SLUG_PATTERN.test(slug)
    ? await tx.$queryRaw<{ id: string }[]>`
        select id from environment where org_id = ${scope.orgId}::uuid and slug = ${slug} and deleted_at is null for update`
    : [];
  if (!found) throw notFound("Environment");
  return tx.environment.findUniqueOrThrow({ where: { orgId_id: { orgId: scope.orgId, id: found.id } } });
}

/**
 * Sets and takes away pins, of live and test as well: what is protected is that they exist. Throws `invalid_engine_version`, 404, and 400 that
 * names the pins of engines that the organization does not have; one of a version that is still to come can be set.
 */
export async function updateEnvironment(
  scope: OrgScope,
  slug: string,
  input: UpdateEnvironment,
): Promise<EnvironmentDto> {
  const changes = applyPins(input);
  return prisma().$transaction(async (tx) => {
    const before = await lockEnvironment(tx, scope, slug);
    const data = changes(before);
    if (data === null) return toEnvironment(before);
    await refuseUnknownEngines(tx, scope, input);
    const row = await tx.environment.update({ where: { orgId_id: { orgId: scope.orgId, id: before.id } }, data });
    await audit.record(tx, scope, {
      action: "environment.update",
      target: { type: "environment", id: row.id, label: slug },
      details: {
        pinned_engine_version: row.pinnedEngineVersion,
        engine_pins: Object.entries(pinsOf(row.enginePins)).map(([engine, version]) => `${engine} ${version}`),
      },
    });
    return toEnvironment(row);
  });
}

async function refuseUnknownEngines(tx: Tx, { orgId }: OrgScope, input: UpdateEnvironment): Promise<void> {
  const pinned = Object.entries(input.engine_pins ?? {}).filter(([, version]) => version !== null);
  const unknown = await slugsWithoutEngine(
    tx,
    orgId,
    pinned.map(([slug]) => slug),
  );
  if (unknown.length === 0) return;
  const message = "is not the slug of an engine of the organization";
  const details = unknown.map((slug) => ({ path: `engine_pins.${slug}`, message }));
  throw new ApiError("invalid_request", `${details[0]!.path}: ${message}`, { details });
}

/**
 * Deletes an environment: its keys are refused from the commit on, its webhook endpoints are deleted, and its waiting runs and what was to be
 * sent of others are canceled; runs and usage stay.
 * Throws 404 for what does not exist, 409 `environment_protected` for live and test.
 */
export async function removeEnvironment(scope: OrgScope, slug: string): Promise<void> {
  const id = await prisma().$transaction(async (tx) => {
    const row = await lockEnvironment(tx, scope, slug);
    if (PROTECTED_SLUGS.includes(slug)) {
      throw new ApiError("environment_protected", `The environment ${slug} cannot be deleted`);
    }
    await tx.$executeRaw`
      update environment set deleted_at = now() where org_id = ${scope.orgId}::uuid and id = ${row.id}::uuid`;
    const keys = await revokeKeysOfEnvironment(tx, scope.orgId, row.id);
    const endpoints = await removeEndpointsOfEnvironment(tx, scope.orgId, row.id);
    await audit.record(tx, scope, {
      action: "environment.delete",
      target: { type: "environment", id: row.id, label: slug },
      details: { keys_revoked: keys, webhook_endpoints_deleted: endpoints },
    });
    return row.id;
  });
  // After the commit, so that nothing can be accepted any more that this would not see, but for statements already under way:
  // those are the task's (tasks.ts).
  await cancelPendingRuns(scope.orgId, id);
  await cancelPendingDeliveries(scope.orgId, id);
}
