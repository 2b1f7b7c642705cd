/**
 * What proxy.ts tells the pages and routes behind it, in request headers that it always overwrites; and the request's facts for audit and logs.
 */
import { clientAddress } from "../http/client-address.ts";
import { newRequestId } from "../ids.ts";
import type { RequestContext } from "./principal.ts";

export const REQUEST_ID_HEADER = "x-request-id";
/** The nonce of this request's scripts and styles. */
export const NONCE_HEADER = "x-nonce";
/** `unavailable` while WorkOS cannot be reached: the session may well be good. */
export const SESSION_STATE_HEADER = "x-nexio-session-state";

const MAX_USER_AGENT = 500;

/** The facts of a request that went through proxy.ts. */
export function requestContext(headers: Headers): RequestContext {
  return {
    requestId: headers.get(REQUEST_ID_HEADER) ?? newRequestId(),
    ip: clientAddress(undefined, headers.get("x-forwarded-for")),
    userAgent: headers.get("user-agent")?.slice(0, MAX_USER_AGENT) ?? null,
  };
}
