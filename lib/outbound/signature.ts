/**
 * How requests of ours are signed, so that off-the-shelf verifiers work: Standard Webhooks (standardwebhooks.com), and our own header beside
 * it. Both name one signature for each secret that is valid now, so that a secret can be replaced without a gap.
 */
import { createHmac, createSecretKey, type KeyObject, randomBytes } from "node:crypto";

const PREFIX = "whsec_";

/** A new secret: `whsec_` and 32 random bytes in base64. */
export function newSigningSecret(): string {
  return PREFIX + randomBytes(32).toString("base64");
}

export type SignedMessage = {
  /** The same whenever the same message is sent again. */
  id: string;
  /** When it is sent, in seconds since 1970. */
  timestamp: number;
  /** Exactly the bytes that are sent. */
  body: string | Buffer;
};

/** What one secret signs with: by Standard Webhooks, and by our own header. */
type Keys = { standard: KeyObject; own: KeyObject };

// Making keys costs more than signing with them; whoever signs much signs with the same list.
const keysOfList = new WeakMap<readonly string[], Keys[]>();

function keysOf(secrets: readonly string[]): Keys[] {
  const known = keysOfList.get(secrets);
  if (known) return known;
  const keys = secrets.map((secret) => ({
    standard: createSecretKey(secret.slice(PREFIX.length), "base64"),
    own: createSecretKey(secret, "utf8"),
  }));
  keysOfList.set(secrets, keys);
  return keys;
}

/**
 * The headers that sign a message with each of the secrets. Standard Webhooks keys with the secret's 32 bytes over `<id>.<timestamp>.<body>`;
 * `x-nexio-signature` with the whole `whsec_…` text over `<timestamp>.<body>`. A list of secrets is not changed once it has been used.
 */
export function signatureHeaders(message: SignedMessage, secrets: readonly string[]): Record<string, string> {
  const { id, timestamp, body } = message;
  const keys = keysOf(secrets);
  const standard = keys.map(
    (key) => `v1,${createHmac("sha256", key.standard).update(`${id}.${timestamp}.`).update(body).digest("base64")}`,
  );
  const own = keys.map(
    (key) => `v1=${createHmac("sha256", key.own).update(`${timestamp}.`).update(body).digest("hex")}`,
  );
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": standard.join(" "),
    "x-nexio-signature": [`t=${timestamp}`, ...own].join(","),
    "x-nexio-timestamp": String(timestamp),
  };
}
