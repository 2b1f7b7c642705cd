/**
 * What must be read back, such as signing secrets, is stored sealed: AES-256-GCM under NEXIO_ENCRYPTION_KEY. Each sealed text names the key
 * that it was sealed with, so that the key can be replaced later, and is bound to the place where it is stored, so that a text that is
 * copied into another row cannot be opened there.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import { env } from "./env.ts";

const FORMAT = "v1";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

type MasterKey = { id: string; bytes: Buffer };

let known: MasterKey | undefined;

// The id tells keys apart and tells nothing about them.
function idOf(bytes: Buffer): string {
  return createHash("sha256").update("nexio encryption key id\0").update(bytes).digest("hex").slice(0, 8);
}

function masterKey(): MasterKey {
  if (known) return known;
  if (!env.NEXIO_ENCRYPTION_KEY) throw new Error("NEXIO_ENCRYPTION_KEY is not set, and something must be encrypted");
  const bytes = Buffer.from(env.NEXIO_ENCRYPTION_KEY, "base64");
  return (known = { id: idOf(bytes), bytes });
}

/** A key of 32 bytes for one purpose, derived from NEXIO_ENCRYPTION_KEY: what is done with it says nothing about that key or other purposes'. */
export function keyFor(purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", masterKey().bytes, "", `nexio ${purpose}`, 32));
}

/** Seals a text. `place` names where it will be stored, such as `engine_secret:<row's id>`. The result is ASCII, `v1.<key id>.<base64url>`. */
export function seal(text: string, place: string): string {
  const key = masterKey();
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key.bytes, nonce).setAAD(Buffer.from(place));
  const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${FORMAT}.${key.id}.${sealed.toString("base64url")}`;
}

/** Opens what was sealed for this place. Throws where it was changed, moved, or sealed with a key that is not here; the error holds none of it. */
export function open(sealed: string, place: string): string {
  const [format, keyId, data] = sealed.split(".");
  const key = masterKey();
  if (format !== FORMAT || data === undefined) throw new Error("this is not a sealed text");
  if (keyId !== key.id) throw new Error(`sealed with the key ${keyId}, and NEXIO_ENCRYPTION_KEY is ${key.id}`);
  const bytes = Buffer.from(data, "base64url");
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", key.bytes, nonce, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(place))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  return decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
}
