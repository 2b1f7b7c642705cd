/** Answers as JSON. A large one takes room for as long as its caller has not taken it. */
import { type ByteBudget, processBudget } from "../byte-budget.ts";
import { overloaded } from "../errors.ts";
import { pacedBody } from "./paced-body.ts";

const LARGE = 256 << 10;
const MAX_BYTES = 64 << 20;
/** To the callers of one organization. */
const MAX_BYTES_TO_ONE = 32 << 20;

const HEADERS = { "content-type": "application/json", "cache-control": "no-store" };

/** The bytes of large answers that are on their way to their callers. */
export function answerBudget(): ByteBudget {
  return processBudget("answers", MAX_BYTES, MAX_BYTES_TO_ONE);
}

/** Who reads an answer: the request, and whose caller has made it. */
export type Reader = { orgId: string; request: Request };

/** Whether nobody takes the body of an answer: the caller has gone, or has asked for the head alone. */
export function isUnread({ method, signal }: Request): boolean {
  return method === "HEAD" || signal.aborted;
}

/**
 * The answer with this value, never cached. A large answer to a read throws 503 `overloaded` where too many are on their way already; to a
 * write (`read` is null) it is given in any case, because what was done is done. Nobody is sent what nobody reads: it has no body then.
 */
export function jsonResponse(value: unknown, status: number, read: Reader | null): Response {
  if (read && isUnread(read.request)) return new Response(null, { status, headers: HEADERS });
  const text = JSON.stringify(value);
  if (text.length < LARGE) return new Response(text, { status, headers: HEADERS });
  const bytes = Buffer.from(text);
  const release = read ? answerBudget().tryTake(read.orgId, bytes.length) : () => {};
  if (!release) throw overloaded();
  return new Response(pacedBody([bytes], release, read?.request).stream, { status, headers: HEADERS });
}
