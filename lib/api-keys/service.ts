/**
 * API keys: made, listed, rotated, revoked. The whole key leaves in the answer of the call that minted it and is nowhere else;
 * whether a key works is decided by the statement that looks its hash up, so nothing here has to tell anybody.
 */
import * as audit from "../audit/service.ts";
import { KEY_SCOPES, type KeyScope } from "../auth/permissions.ts";
import type { EnvironmentScope, OrgScope } from "../auth/principal.ts";
import { idOfCursor, toPage } from "../cursor.ts";
import { prisma, type Tx } from "../db.ts";
import { ALL_SLUG, LIVE_SLUG } from "../environments/environment-param.ts";
import { findEnvironment } from "../environments/service.ts";
import { ApiError, invalidField, notFound } from "../errors.ts";
import type { ApiKeyModel, EnvironmentModel } from "../generated/prisma/models.ts";
import { isId, newId } from "../ids.ts";
import type { PageQuery } from "../page.ts";
import { toIso, toIsoOrNull } from "../time.ts";
import { mintKey } from "./key-format.ts";
import { keyMaker } from "./key-maker.ts";
import { endOfGrace } from "./rotation.ts";
import type {
  ApiKeyDto,
  ApiKeyPage,
  CreateApiKey,
  CreateEnvironmentKey,
  MintedEnvironmentKey,
  MintedKey,
  RotateApiKey,
} from "./schema.ts";
import { keyStatus } from "./status.ts";

type KeyEnvironment = Pick<EnvironmentModel, "id" | "slug" | "kind">;
type NewKey = { name: string; scopes: readonly string[]; expiresAt: Date | null };

/** A key's row, with what other tables say about it. */
type KeyRow = ApiKeyModel & { environment: KeyEnvironment; lastUsedAt: Date | null };

function toApiKey(row: KeyRow, now: Date): ApiKeyDto {
  return {
    id: row.id,
    name: row.name,
    environment: row.environment.slug,
    environment_kind: row.environment.kind,
    keyPrefix: row.prefix,
    scopes: row.scopes,
    created_by: row.createdBy,
    created_at: toIso(row.createdAt),
    last_used_at: toIsoOrNull(row.lastUsedAt),
    expires_at: toIsoOrNull(row.expiresAt),
    status: keyStatus(row, now),
    rotated_to_id: row.rotatedToId,
  };
}

/** A page of the keys of one environment or of `all`, newest first. Keys of deleted environments are not shown. */
export async function listApiKeys(
  scope: OrgScope,
  environment: EnvironmentScope | typeof ALL_SLUG,
  query: PageQuery,
  now = new Date(),
): Promise<ApiKeyPage> {
  const environments =
    environment === ALL_SLUG
      ? await prisma().environment.findMany({ where: { orgId: scope.orgId, deletedAt: null } })
      : [{ id: environment.environmentId, slug: environment.environmentSlug, kind: environment.environmentKind }];
  const byId = new Map(environments.map((environment) => [environment.id, environment]));
  const before = idOfCursor(query.cursor);
  const keys = await prisma().apiKey.findMany({
    where: {
      orgId: scope.orgId,
      environmentId: { in: [...byId.keys()] },
      ...(before === undefined ? {} : { id: { lt: before } }),
    },
    orderBy: { id: "desc" },
    take: query.limit + 1,
  });
  const uses = await prisma().apiKeyUse.findMany({ where: { keyId: { in: keys.map((key) => key.id) } } });
  const lastUsed = new Map(uses.map((use) => [use.keyId, use.lastUsedAt]));
  return toPage(keys, query.limit, (key) =>
    toApiKey({ ...key, environment: byId.get(key.environmentId)!, lastUsedAt: lastUsed.get(key.id) ?? null }, now),
  );
}

function parseExpiry(text: string | null | undefined, now: Date): Date | null {
  if (text === null || text === undefined) return null;
  const at = new Date(text);
  if (at.getTime() <= now.getTime()) throw invalidField("expires_at", "is not in the future");
  return at;
}

/** Locks the environment against deletion, so that a key minted now is either revoked with it or not minted. Throws 404 once it is deleted. */
async function holdEnvironment(tx: Tx, scope: OrgScope, environmentId: string): Promise<void> {
  const held = await tx.$queryRaw<unknown[]>`
    select 1 from environment where org_id = ${scope.orgId}::uuid and id = ${environmentId}::uuid and deleted_at is null for share`;
  if (held.length === 0) throw notFound("Environment");
}

async function insertKey(tx: Tx, scope: OrgScope, environment: KeyEnvironment, wanted: NewKey) {
  const { key, hash, prefix } = mintKey(environment.slug);
  const row = await tx.apiKey.create({
    data: {
      id: newId(),
      orgId: scope.orgId,
      environmentId: environment.id,
      name: wanted.name,
      hash,
      prefix,
      scopes: [...wanted.scopes],
      expiresAt: wanted.expiresAt,
      ...keyMaker(scope.principal),
    },
  });
  return { key, row };
}

async function createKeyIn(scope: OrgScope, environment: KeyEnvironment, wanted: NewKey) {
  return prisma().$transaction(async (tx) => {
    await holdEnvironment(tx, scope, environment.id);
    const made = await insertKey(tx, scope, environment, wanted);
    await audit.record(tx, scope, {
      action: "api_key.create",
      target: { type: "api_key", id: made.row.id, label: `${wanted.name} (${made.row.prefix}…)` },
      details: {
        environment: environment.slug,
        scopes: wanted.scopes,
        expires_at: toIsoOrNull(wanted.expiresAt),
      },
    });
    return made;
  });
}

/**
 * Mints a key in the portal. Without `environment_slug` for the scope's environment, else for live; without scopes with all of them.
 * Throws 404 for an unknown environment, and for another one than the scope's.
 */
export async function createApiKey(
  scope: OrgScope | EnvironmentScope,
  input: CreateApiKey,
  now = new Date(),
): Promise<MintedKey> {
  const own = "environmentId" in scope ? scope.environmentSlug : undefined;
  const slug = input.environment_slug ?? own ?? LIVE_SLUG;
  if (own !== undefined && slug !== own) throw notFound("Environment");
  const environment = await findEnvironment(scope, slug);
  const { key, row } = await createKeyIn(scope, environment, {
    name: input.name,
    scopes: input.scopes ?? KEY_SCOPES,
    expiresAt: parseExpiry(input.expires_at, now),
  });
  return { id: row.id, keyPrefix: row.prefix, key };
}

/**
 * Where a key may be minted by a key, asked before the body is read. Throws 403 for live, 404 for an unknown environment;
 * `test` passes, whether it exists or not: it is a later 409.
 */
export async function requireKeyTarget(scope: EnvironmentScope, slug: string): Promise<void> {
  if (slug === LIVE_SLUG) throw new ApiError("forbidden", "Keys of live are made in the portal, not by a key");
  if (slug !== "test") await findEnvironment(scope, slug);
}

/**
 * Mints a key by a key, with the caller's own scopes unless told otherwise. Throws 403 for live and for scopes that the caller
 * has not, 409 `environment_protected` for the legacy test, 404 for an unknown environment.
 */
export async function createEnvironmentKey(
  scope: EnvironmentScope,
  slug: string,
  input: CreateEnvironmentKey,
  now = new Date(),
): Promise<MintedEnvironmentKey> {
  await requireKeyTarget(scope, slug);
  const own = KEY_SCOPES.filter((name) => scope.permissions.has(name));
  const scopes = input.scopes ?? own;
  const excess = scopes.filter((name: KeyScope) => !own.includes(name));
  if (excess.length > 0) {
    throw new ApiError("forbidden", `A key cannot give scopes that it does not have: ${excess.join(", ")}`);
  }
  const expiresAt = parseExpiry(input.expires_at, now);
  if (slug === "test") {
    throw new ApiError("environment_protected", "The legacy environment test gets no new keys through the API");
  }
  const environment = await findEnvironment(scope, slug);
  const { key, row } = await createKeyIn(scope, environment, { name: input.name, scopes, expiresAt });
  return {
    id: row.id,
    name: row.name,
    environment: environment.slug,
    key_prefix: row.prefix,
    key,
    created_at: toIso(row.createdAt),
  };
}

/** A key of an environment that exists and is the scope's, whatever the key's state. Throws 404. */
export async function findApiKey(
  scope: OrgScope | EnvironmentScope,
  id: string,
): Promise<ApiKeyModel & { environment: KeyEnvironment }> {
  const own = "environmentId" in scope ? { environmentId: scope.environmentId } : {};
  const key = isId(id) ? await prisma().apiKey.findFirst({ where: { id, orgId: scope.orgId, ...own } }) : null;
  const environment =
    key &&
    (await prisma().environment.findFirst({ where: { orgId: scope.orgId, id: key.environmentId, deletedAt: null } }));
  if (!key || !environment) throw notFound("API key");
  return { ...key, environment };
}

/** Locks the key's row and reads it with the database's clock. */
async function lockKey(tx: Tx, scope: OrgScope, id: string): Promise<{ key: ApiKeyModel; now: Date }> {
  const [clock] = await tx.$queryRaw<{ now: Date }[]>`
    select clock_timestamp() as now from api_key where id = ${id}::uuid and org_id = ${scope.orgId}::uuid for update`;
  if (!clock) throw notFound("API key");
  return { key: await tx.apiKey.findUniqueOrThrow({ where: { id } }), now: clock.now };
}

/**
 * Mints the successor of a key: same environment, name, scopes and expiry. The old key dies at the end of the grace, never later than by
 * its own expiry; with `now` by the very next request. Throws 404, and 409 for a key that is revoked, expired or already rotated.
 */
export async function rotateApiKey(
  scope: OrgScope | EnvironmentScope,
  id: string,
  input: RotateApiKey,
): Promise<MintedKey> {
  const { environment } = await findApiKey(scope, id);
  return prisma().$transaction(async (tx) => {
    // The environment first, as its deletion locks it: two that lock in the same order cannot wait for each other.
    await holdEnvironment(tx, scope, environment.id);
    const { key: old, now } = await lockKey(tx, scope, id);
    const status = keyStatus(old, now);
    if (old.rotatedToId !== null) throw new ApiError("conflict", "The key has been rotated; rotate its successor");
    if (status === "revoked" || status === "expired") throw new ApiError("conflict", `The key is ${status}`);

    const { key, row } = await insertKey(tx, scope, environment, old);
    const endsAt = endOfGrace(input.grace, old.expiresAt, now);
    await tx.apiKey.update({
      where: { id },
      data: { rotatedToId: row.id, expiresAt: endsAt, ...(input.grace === "now" ? { revokedAt: endsAt } : {}) },
    });
    await audit.record(tx, scope, {
      action: "api_key.rotate",
      target: { type: "api_key", id, label: `${old.name} (${old.prefix}…)` },
      details: {
        environment: environment.slug,
        grace: input.grace,
        old_key_ends_at: toIso(endsAt),
        new_key_id: row.id,
      },
    });
    return { id: row.id, keyPrefix: row.prefix, key };
  });
}

/** Revokes a key: the very next request with it is refused. A key that is revoked already stays so. Throws 404. */
export async function removeApiKey(scope: OrgScope | EnvironmentScope, id: string): Promise<void> {
  const { environment } = await findApiKey(scope, id);
  await prisma().$transaction(async (tx) => {
    const { key } = await lockKey(tx, scope, id);
    if (key.revokedAt !== null) return;
    await tx.$executeRaw`update api_key set revoked_at = now() where id = ${id}::uuid`;
    await audit.record(tx, scope, {
      action: "api_key.revoke",
      target: { type: "api_key", id, label: `${key.name} (${key.prefix}…)` },
      details: { environment: environment.slug },
    });
  });
}
