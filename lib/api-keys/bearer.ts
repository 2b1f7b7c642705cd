/** How a key stands in a request, and the one refusal of every key that does not work. */
import { ApiError } from "../errors.ts";

/** What follows `Bearer ` in the Authorization header; empty where there is none. */
export function bearerToken(authorization: string | null | undefined): string {
  return /^Bearer +(\S.*)$/i.exec(authorization ?? "")?.[1]?.trimEnd() ?? "";
}

/** Whether the text may be a key at all. What is not needs no look-up to be refused. */
export function isLikeKey(token: string): boolean {
  return token.startsWith("nx_");
}

/** Missing, malformed, unknown, expired, revoked, its environment or organization deleted: the same 401 for all, byte for byte. */
export function invalidKey(): ApiError {
  return new ApiError("unauthorized", "Missing or invalid API key: send Authorization: Bearer nx_…");
}
