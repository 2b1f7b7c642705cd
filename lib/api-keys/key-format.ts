/**
 * The shape of environment keys: `nx_<slug>_`, 56 random hex digits, and 8 of a CRC32 over all that stands before them.
 * The checksum is for secret scanners and hints; it never decides authentication, because imported keys lack it.
 */
import { createHash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const KEY_PATTERN = /^nx_([a-z0-9_]{1,16})_([0-9a-f]{64})$/;

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}

/** A new key for the environment with this slug. The only moment at which the whole key exists; keep its hash and prefix. */
export function mintKey(environmentSlug: string): { key: string; hash: Uint8Array<ArrayBuffer>; prefix: string } {
  const body = `nx_${environmentSlug}_${randomBytes(28).toString("hex")}`;
  const key = body + checksum(body);
  return { key, hash: hashKey(key), prefix: keyPrefix(key) };
}

/** SHA-256 over the whole key: what is stored and looked up. */
export function hashKey(key: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash("sha256").update(key, "utf8").digest());
}

/** What may be shown later: `nx_<slug>_` and 4 hex digits, such as `nx_dev_a3f2`. Expects a key of the right shape. */
export function keyPrefix(key: string): string {
  return key.slice(0, -60);
}

/** Whether the text is a key whose last 8 digits are the CRC32 of what stands before them. True for every key that this program minted. */
export function hasValidChecksum(key: string): boolean {
  return KEY_PATTERN.test(key) && checksum(key.slice(0, -8)) === key.slice(-8);
}
