/**
 * The arithmetic of the audit log's hash chain. Each event's hash covers the one before it, so that a changed, removed or swapped row is found;
 * the salted body is hashed on its own, so that retention can erase it and the chain still holds.
 */
import { createHash } from "node:crypto";

/** What stands before an organization's first event. */
export const GENESIS_HASH: Uint8Array<ArrayBuffer> = new Uint8Array(32);

/** SHA-256 over salt (16 bytes) and the body's UTF-8 text. */
export function bodyHash(salt: Uint8Array, body: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash("sha256").update(salt).update(body, "utf8").digest());
}

/** SHA-256 over the previous hash, the sequence number as a big-endian 64-bit integer, and the body's hash. */
export function eventHash(previous: Uint8Array, seq: bigint, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(seq);
  return new Uint8Array(createHash("sha256").update(previous).update(number).update(body).digest());
}
