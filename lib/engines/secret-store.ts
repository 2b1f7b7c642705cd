/** The signing secrets of `http` engines: sealed at rest, one that is current, and those before it for as long as they still sign. */
import type { Pool } from "pg";
import type { Tx } from "../db.ts";
import { open, seal } from "../encryption.ts";
import { newId } from "../ids.ts";
import { newSigningSecret } from "../outbound/signature.ts";

/** Old secrets that sign beside the current one, however often it is replaced: headers have an end. */
const MAX_OLD_SECRETS = 4;

const placeOf = (orgId: string, id: string) => `engine_secret:${orgId}:${id}`;

/** Makes a secret the engine's current one. Returns it, for the only time. */
export async function addSecret(tx: Tx, orgId: string, engineId: string): Promise<string> {
  const secret = newSigningSecret();
  const id = newId();
  await tx.engineSecret.create({ data: { orgId, engineId, id, sealed: seal(secret, placeOf(orgId, id)) } });
  return secret;
}

/**
 * Ends the current secret in `keepHours` hours, or with 0 every secret at once, and makes a new one. Rotations of one engine take turns.
 * Returns the new secret, for the only time, and when the old one ends.
 */
export async function replaceSecret(
  tx: Tx,
  orgId: string,
  engineId: string,
  keepHours: number,
): Promise<{ secret: string; oldExpiresAt: Date | null }> {
  await tx.$queryRaw`select 1 from engine where org_id = ${orgId}::uuid and id = ${engineId}::uuid for update`;
  if (keepHours === 0) {
    await tx.engineSecret.deleteMany({ where: { orgId, engineId } });
    return { secret: await addSecret(tx, orgId, engineId), oldExpiresAt: null };
  }
  const [ended] = await tx.$queryRaw<{ expires_at: Date }[]>`
    update engine_secret set expires_at = now() + ${keepHours}::int * interval '1 hour'
    where org_id = ${orgId}::uuid and engine_id = ${engineId}::uuid and expires_at is null returning expires_at`;
  await tx.$executeRaw`
    delete from engine_secret where org_id = ${orgId}::uuid and engine_id = ${engineId}::uuid and (expires_at <= now() or id not in (
      select id from engine_secret where org_id = ${orgId}::uuid and engine_id = ${engineId}::uuid order by id desc limit ${MAX_OLD_SECRETS}))`;
  return { secret: await addSecret(tx, orgId, engineId), oldExpiresAt: ended?.expires_at ?? null };
}

/** The secrets that sign now, the current one first. Throws where one cannot be opened with this installation's key. */
export async function validSecrets(pool: Pool, orgId: string, engineId: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string; sealed: string }>({
    name: "valid-engine-secrets",
    text: `select id, sealed from engine_secret
      where org_id = $1 and engine_id = $2 and (expires_at is null or expires_at > now()) order by id desc`,
    values: [orgId, engineId],
  });
  return rows.map(({ id, sealed }) => open(sealed, placeOf(orgId, id)));
}
