/** The single-use token with which an engine's service finishes a run: `nxc_` and 32 random bytes. Only its hash is kept. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const PREFIX = "nxc_";

export const hashCallbackToken = (token: string): Buffer => createHash("sha256").update(token).digest();

/** A new token, with what is stored of it. */
export function mintCallbackToken(): { token: string; hash: Buffer } {
  const token = PREFIX + randomBytes(32).toString("base64url");
  return { token, hash: hashCallbackToken(token) };
}

const NOBODYS_HASH = Buffer.alloc(32);

/** The row whose token this is. Hashes are compared in constant time, and where there is no row a hash is compared all the same. */
export function rowOfToken<Row extends { token_hash: Buffer }>(token: string, rows: readonly Row[]): Row | undefined {
  const hash = hashCallbackToken(token);
  if (rows.length === 0) timingSafeEqual(hash, NOBODYS_HASH);
  return rows.find((row) => timingSafeEqual(hash, row.token_hash));
}
