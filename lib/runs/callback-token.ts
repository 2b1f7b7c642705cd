/**
 * The single-use token with which an engine's service finishes a run: `nxc_` and 32 bytes, of which 16 are random and 16 say that it was minted here
 * for this run. What the token may do is known by its hash, which alone is kept; when that has been forgotten, whoever has the token can still be
 * told from a stranger.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { keyFor } from "../encryption.ts";

const PREFIX = "nxc_";
const NONCE_BYTES = 16;
const MAC_BYTES = 16;

export const hashCallbackToken = (token: string): Buffer => createHash("sha256").update(token).digest();

let key: Buffer | undefined;

function macOf(nonce: Buffer, runId: string): Buffer {
  key ??= keyFor("callback token");
  return createHmac("sha256", key).update(nonce).update(runId.toLowerCase()).digest().subarray(0, MAC_BYTES);
}

/** A new token for a run, with what is stored of it. */
export function mintCallbackToken(runId: string): { token: string; hash: Buffer } {
  const nonce = randomBytes(NONCE_BYTES);
  const token = PREFIX + Buffer.concat([nonce, macOf(nonce, runId)]).toString("base64url");
  return { token, hash: hashCallbackToken(token) };
}

/** Whether the token was minted for this run, whatever has become of it. */
export function isMintedFor(runId: string, token: string): boolean {
  const bytes = Buffer.from(token.slice(PREFIX.length), "base64url");
  const isToken = token === PREFIX + bytes.toString("base64url") && bytes.length === NONCE_BYTES + MAC_BYTES;
  return isToken && timingSafeEqual(bytes.subarray(NONCE_BYTES), macOf(bytes.subarray(0, NONCE_BYTES), runId));
}

const NOBODYS_HASH = Buffer.alloc(32);

/** The row whose token this is. Hashes are compared in constant time, and where there is no row a hash is compared all the same. */
export function rowOfToken<Row extends { token_hash: Buffer }>(token: string, rows: readonly Row[]): Row | undefined {
  const hash = hashCallbackToken(token);
  if (rows.length === 0) timingSafeEqual(hash, NOBODYS_HASH);
  return rows.find((row) => timingSafeEqual(hash, row.token_hash));
}
