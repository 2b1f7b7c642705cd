/**
 * The two calls that programs make all the time, apart from how they travel: the Hono app and the server's own short way both answer
 * with these.
 */
import { bearerToken, invalidKey, isLikeKey } from "../../api-keys/bearer.ts";
import { organizationOfKey } from "../../auth/credentials.ts";
import { acceptanceHeaders, submitRun } from "../../hot-path/accept.ts";
import { readRun } from "../../hot-path/read.ts";
import type { Hold } from "../../byte-budget.ts";
import { holdLargeBody, holdSmallBody, releaseSmallBody } from "../../http/held-bodies.ts";
import { SMALL_BODY_BYTES } from "../../http/json-input.ts";
import type { PacedBody } from "../../http/paced-body.ts";
import type { IdempotencyKeyHeader } from "../../runs/idempotency-key.ts";

const NONE: Readonly<Record<string, string>> = {};

export type SubmitCall = {
  authorization: string | undefined;
  idempotencyKey: IdempotencyKeyHeader;
  engineSlug: string;
  /** As they are announced: see lib/http/held-bodies.ts. */
  bodyBytes: number;
  /** Reads the body; null when it is too large. Asked only when there may be a key. Waits for `admitLarge` before it keeps more than is small. */
  readBody: (admitLarge: () => Promise<void>) => Promise<Buffer | null>;
};

/** What a success says: 202 for a submission, 200 for a read; `body` is JSON text; `headers` are those of this answer alone, in lower case. */
export type JsonAnswer<Body = string> = { status: 200 | 202; body: Body; headers: Readonly<Record<string, string>> };

/** POST /api/v1/engines/{slug}/runs. Throws as submitRun does. */
export async function submitRunCall(call: SubmitCall): Promise<JsonAnswer> {
  const token = bearerToken(call.authorization);
  if (!isLikeKey(token)) throw invalidKey();
  // A large body counts for whose key it is, so that it takes a key that works.
  let release: Hold | undefined;
  let isOver = false;
  const admitLarge = async () => {
    if (release) return;
    const orgId = await organizationOfKey(token);
    // The caller may have gone meanwhile.
    if (!isOver) release = holdLargeBody(orgId);
  };
  const smallBytes = Math.min(call.bodyBytes, SMALL_BODY_BYTES);
  holdSmallBody(smallBytes);
  try {
    if (call.bodyBytes > SMALL_BODY_BYTES) await admitLarge();
    const { engineSlug, idempotencyKey } = call;
    const body = await call.readBody(admitLarge);
    const acceptance = await submitRun({ submitter: { kind: "key", token }, engineSlug, idempotencyKey, body });
    const answer = `{"run_id":"${acceptance.runId}","status":"PENDING"}`;
    return { status: 202, body: answer, headers: acceptanceHeaders(acceptance) };
  } finally {
    isOver = true;
    releaseSmallBody(smallBytes);
    release?.();
  }
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
