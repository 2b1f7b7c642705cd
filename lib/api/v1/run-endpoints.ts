/**
 * The two calls that programs make all the time, apart from how they travel: the Hono app and the server's own short way both answer
 * with these.
 */
import { bearerToken, invalidKey, isLikeKey } from "../../api-keys/bearer.ts";
import { organizationOfKey } from "../../auth/credentials.ts";
import { type Acceptance, submitRun } from "../../hot-path/accept.ts";
import { readRun } from "../../hot-path/read.ts";
import { holdLargeBody, holdSmallBody, releaseSmallBody, SMALL_BODY_BYTES } from "../../http/held-bodies.ts";
import type { PacedBody } from "../../http/paced-body.ts";
import { rateLimitHeaders } from "../../limits/rate-limit.ts";
import type { IdempotencyKeyHeader } from "../../runs/idempotency-key.ts";

const REPLAYED = { "idempotent-replayed": "true" };
const NONE: Readonly<Record<string, string>> = {};

export type SubmitCall = {
  authorization: string | undefined;
  idempotencyKey: IdempotencyKeyHeader;
  engineSlug: string;
  /** As they are announced: see lib/http/held-bodies.ts. */
  bodyBytes: number;
  /** Reads the body; null when it is too large. Asked only when there may be a key, and for a large body only when there is one. */
  readBody: () => Promise<Buffer | null>;
};

/** What a success says: 202 for a submission, 200 for a read; `body` is JSON text; `headers` are those of this answer alone, in lower case. */
export type JsonAnswer<Body = string> = { status: 200 | 202; body: Body; headers: Readonly<Record<string, string>> };

function headersOf({ replayed, rateLimit }: Acceptance): JsonAnswer["headers"] {
  if (!replayed && !rateLimit) return NONE;
  return { ...(replayed ? REPLAYED : NONE), ...(rateLimit ? rateLimitHeaders(rateLimit) : NONE) };
}

/** POST /api/v1/engines/{slug}/runs. Throws as submitRun does. */
export async function submitRunCall(call: SubmitCall): Promise<JsonAnswer> {
  const token = bearerToken(call.authorization);
  if (!isLikeKey(token)) throw invalidKey();
  const { bodyBytes } = call;
  if (bodyBytes > SMALL_BODY_BYTES) return submitLargeCall(call, token);
  holdSmallBody(bodyBytes);
  try {
    return await submit(call, token);
  } finally {
    releaseSmallBody(bodyBytes);
  }
}

async function submitLargeCall(call: SubmitCall, token: string): Promise<JsonAnswer> {
  const release = holdLargeBody(await organizationOfKey(token), call.bodyBytes);
  try {
    return await submit(call, token);
  } finally {
    release();
  }
}

async function submit(call: SubmitCall, token: string): Promise<JsonAnswer> {
  const acceptance = await submitRun({
    submitter: { kind: "key", token },
    engineSlug: call.engineSlug,
    idempotencyKey: call.idempotencyKey,
    body: await call.readBody(),
  });
  const body = `{"run_id":"${acceptance.runId}","status":"PENDING"}`;
  return { status: 202, body, headers: headersOf(acceptance) };
}

/** GET /api/v1/runs/{id}. Throws as readRun does. */
export async function getRunCall(
  authorization: string | undefined,
  runId: string,
  isGone: () => boolean,
): Promise<JsonAnswer<string | PacedBody>> {
  const token = bearerToken(authorization);
  if (token === "") throw invalidKey();
  return { status: 200, body: await readRun(token, runId, isGone), headers: NONE };
}
