/**
 * The key that signs access tokens (RS256), kept in a file: with a new key after every restart, open sessions would be refused until AuthKit
 * fetches the key set again, up to 30 seconds later.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

export type SigningKey = { privateKey: KeyObject; kid: string; jwks: { keys: Record<string, unknown>[] } };

/** Reads the key of this folder, or makes one. */
export function loadSigningKey(stateDir: string): SigningKey {
  mkdirSync(stateDir, { recursive: true });
  const file = path.join(stateDir, "workos-signing-key.pem");
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    writeFileSync(file, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  }
  const privateKey = createPrivateKey(readFileSync(file));
  const jwk = createPublicKey(privateKey).export({ format: "jwk" });
  const kid = `sso_oidc_key_${createHash("sha256").update(String(jwk.n)).digest("hex").slice(0, 24)}`;
  return { privateKey, kid, jwks: { keys: [{ kty: jwk.kty, n: jwk.n, e: jwk.e, kid, alg: "RS256", use: "sig" }] } };
}

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A signed JWT (RFC 7519) with these claims. */
export function signJwt(key: SigningKey, claims: Record<string, unknown>): string {
  const head = `${encoded({ alg: "RS256", typ: "JWT", kid: key.kid })}.${encoded(claims)}`;
  return `${head}.${sign("sha256", Buffer.from(head), key.privateKey).toString("base64url")}`;
}
