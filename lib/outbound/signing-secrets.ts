/**
 * The secrets that sign what is sent to one receiver: sealed at rest, one that is current, and those before it for as long as they still
 * sign. Engines of type http and webhook endpoints each keep theirs in a table of their own, of the same shape.
 */
import type { Pool } from "pg";
import type { Tx } from "../db.ts";
import { open, seal } from "../encryption.ts";
import { ApiError } from "../errors.ts";
import { newId } from "../ids.ts";
import { newSigningSecret } from "./signature.ts";

/** Old secrets that sign beside the current one, however often it is replaced: headers have an end. */
const MAX_OLD_SECRETS = 4;
const TOO_MANY_OLD =
  `${MAX_OLD_SECRETS} old secrets are still valid, which is as many as can be kept: wait until one has ended, ` +
  'or rotate with keep_old "now", which ends all of them at once';

export type SigningSecrets = {
  /** Makes a secret the receiver's current one. Returns it, for the only time. */
  addSecret(tx: Tx, orgId: string, receiverId: string): Promise<string>;
  /**
   * Ends the current secret in `keepHours` hours, or with 0 every secret at once, and makes a new one. Rotations of one receiver take turns.
   * Returns the new secret, for the only time, and when the old one ends. Throws 409 `conflict` where so many old ones are kept that one of them
   * would have to end before its time.
   */
  replaceSecret(
    tx: Tx,
    orgId: string,
    receiverId: string,
    keepHours: number,
  ): Promise<{ secret: string; oldExpiresAt: Date | null }>;
  /** The secrets that sign now, the current one first. Throws where one cannot be opened with this installation's key. */
  validSecrets(pool: Pool, orgId: string, receiverId: string): Promise<string[]>;
  /** A secret as its row has it. Throws as validSecrets does. */
  openSecret(orgId: string, row: { id: string; sealed: string }): string;
};

/** Where secrets stand: `table` has the columns org_id, `receiver`, id, sealed, expires_at; `receivers` is the table of those who get what is signed. */
export type SecretTables = { table: string; receiver: string; receivers: string };

/** Secrets that stand in this table. The names are the program's own and go into statements as they are. */
export function signingSecrets({ table, receiver, receivers }: SecretTables): SigningSecrets {
  const placeOf = (orgId: string, id: string) => `${table}:${orgId}:${id}`;
  const own = `org_id = $1::uuid and ${receiver} = $2::uuid`;

  const openSecret = (orgId: string, { id, sealed }: { id: string; sealed: string }) =>
    open(sealed, placeOf(orgId, id));

  async function addSecret(tx: Tx, orgId: string, receiverId: string): Promise<string> {
    const secret = newSigningSecret();
    const id = newId();
    await tx.$executeRawUnsafe(
      `insert into ${table} (org_id, ${receiver}, id, sealed) values ($1::uuid, $2::uuid, $3::uuid, $4)`,
      orgId,
      receiverId,
      id,
      seal(secret, placeOf(orgId, id)),
    );
    return secret;
  }

  return {
    addSecret,
    openSecret,
    async replaceSecret(tx, orgId, receiverId, keepHours) {
      await tx.$queryRawUnsafe(
        `select 1 from ${receivers} where org_id = $1::uuid and id = $2::uuid for update`,
        orgId,
        receiverId,
      );
      if (keepHours === 0) {
        await tx.$executeRawUnsafe(`delete from ${table} where ${own}`, orgId, receiverId);
        return { secret: await addSecret(tx, orgId, receiverId), oldExpiresAt: null };
      }
      await tx.$executeRawUnsafe(`delete from ${table} where ${own} and expires_at <= now()`, orgId, receiverId);
      const [{ old }] = await tx.$queryRawUnsafe<[{ old: number }]>(
        `select count(*)::int as old from ${table} where ${own} and expires_at is not null`,
        orgId,
        receiverId,
      );
      if (old >= MAX_OLD_SECRETS) throw new ApiError("conflict", TOO_MANY_OLD);
      const [ended] = await tx.$queryRawUnsafe<{ expires_at: Date }[]>(
        `update ${table} set expires_at = now() + $3::int * interval '1 hour' where ${own} and expires_at is null returning expires_at`,
        orgId,
        receiverId,
        keepHours,
      );
      return { secret: await addSecret(tx, orgId, receiverId), oldExpiresAt: ended?.expires_at ?? null };
    },
    async validSecrets(pool, orgId, receiverId) {
      const { rows } = await pool.query<{ id: string; sealed: string }>({
        name: `valid-secrets-${table}`,
        text: `select id, sealed from ${table} where ${own} and (expires_at is null or expires_at > now()) order by id desc`,
        values: [orgId, receiverId],
      });
      return rows.map((row) => openSecret(orgId, row));
    },
  };
}
