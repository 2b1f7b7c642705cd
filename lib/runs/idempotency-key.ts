/** The rules of the Idempotency-Key header: what may be one, and what makes two requests equal. */
import { createHash } from "node:crypto";
import { invalidField, type ApiError } from "../errors.ts";

// Printable ASCII, as a header can carry it.
const SHAPE = /^[\x20-\x7e]{1,255}$/;

/**
 * The header as it came; all of its values where it stands in a request several times and the host can tell. Hosts that hand over a Fetch
 * Request cannot: there the values have become one, joined by ", ", and count as one key.
 */
export type IdempotencyKeyHeader = string | readonly string[] | undefined;

/** What is wrong with the header, or null. Absent is fine. */
export function idempotencyKeyProblem(header: IdempotencyKeyHeader): ApiError | null {
  if (typeof header === "object") return invalidField("Idempotency-Key", "must not be sent more than once");
  if (header === undefined || (SHAPE.test(header) && header.trim() !== "")) return null;
  return invalidField("Idempotency-Key", "must be 1 to 255 printable ASCII characters");
}

/** SHA-256 over engine slug and raw body: equal for equal requests. A slug has no line break, so that the two cannot run into each other. */
export function requestHash(engineSlug: string, body: Uint8Array): Buffer {
  return createHash("sha256").update(`${engineSlug}\n`).update(body).digest();
}
