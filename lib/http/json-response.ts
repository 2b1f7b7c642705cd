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

/**
 * The answer with this value, never cached. A large answer to a read throws 503 `overloaded` where too many are on their way already; to a
 * write it is given in any case, because what was done is done. `orgId`: whose callers it is for.
 */
export function jsonResponse(value: unknown, status: number, read: { orgId: string } | null): Response {
  const text = JSON.stringify(value);
  if (text.length < LARGE) return new Response(text, { status, headers: HEADERS });
  const bytes = Buffer.from(text);
  const release = read ? answerBudget().tryTake(read.orgId, bytes.length) : () => {};
  if (!release) throw overloaded();
  return new Response(pacedBody([bytes], release).stream, { status, headers: HEADERS });
}
