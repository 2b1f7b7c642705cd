/**
 * The end of a run by callback: the service of an `http` engine that has answered 202 says later what came of it, with the token that it was given.
 *
 * The token dies with the run, however that ends, and at its deadline. Which run it is of, and whose, is told to nobody without it: what is not
 * the run's token gets one and the same 401; who has a token of a call that has ended is told so. Recorded like every result, so that a run ends once.
 */
import { bearerToken } from "../api-keys/bearer.ts";
import { pool } from "../db.ts";
import { type HttpRunResult, resultOfCallback, RunCallbackSchema } from "../engines/http-answer.ts";
import { ApiError } from "../errors.ts";
import type { RunStatus } from "../generated/prisma/enums.ts";
import { withParsedBody } from "../http/held-bodies.ts";
import { bodyText, parseJsonText } from "../http/json-input.ts";
import { parseInput } from "../http/validation.ts";
import { isId } from "../ids.ts";
import { closeCallbacks, findCallbacks, type CallbackRow } from "../runs/callback-store.ts";
import { isMintedFor, rowOfToken } from "../runs/callback-token.ts";
import { transaction } from "./claim.ts";
import { completeRuns } from "./complete.ts";
import { wakeWorkers } from "../wake.ts";

/** A run that was called again may be between two calls for a moment. */
const RETRY_AFTER_SECONDS = 5;

export type CallbackCall = {
  authorization: string | undefined;
  runId: string;
  /** Its body is read only when the token is the run's. */
  request: Request;
};

export type CallbackAnswer = { run_id: string; status: HttpRunResult["status"] };

const invalidToken = () =>
  new ApiError("unauthorized", "Missing or invalid callback token: send Authorization: Bearer nxc_…");

// Of calls that were answered at once, or not in time, nothing is kept.
const callEnded = () =>
  new ApiError(
    "conflict",
    "The call that this token was given with has ended without it, by its answer or its timeout",
  );

function parseCallback(raw: Buffer): HttpRunResult {
  const text = bodyText(raw);
  return resultOfCallback(parseInput(RunCallbackSchema, parseJsonText(text), "body"), text);
}

/**
 * Ends a run with what its service says. Throws 401, then 503 `overloaded` where too many large bodies are read, 413 and 400, then 409 `conflict` for a run or a call that has ended or whose callback's deadline
 * has passed, and 503 for one that is about to be called again. Durable when it returns.
 */
export async function finishByCallback(call: CallbackCall): Promise<CallbackAnswer> {
  const token = bearerToken(call.authorization);
  const row = rowOfToken(token, isId(call.runId) ? await findCallbacks(pool(), call.runId) : []);
  if (!row) throw isId(call.runId) && isMintedFor(call.runId, token) ? callEnded() : invalidToken();
  return withParsedBody(call.request, row.org_id, async (raw) => {
    const result = parseCallback(raw);
    if (!row.open) throw new ApiError("conflict", "The callback's deadline has passed");
    if (await record(row, call.runId, result)) wakeWorkers();
    return { run_id: call.runId, status: result.status };
  });
}

const LOCK_RUN = "select status, lease_id from run where org_id = $1 and id = $2 for update";

// The row is locked first, so that nothing changes under the statement that records (see claim.ts on partitions), and the lease is the one that
// stands: after a takeover the first call's token is as good as the second's. Tells whether there is something for webhook endpoints by it.
function record({ org_id: orgId }: CallbackRow, runId: string, result: HttpRunResult): Promise<boolean> {
  return transaction(pool(), async (client) => {
    const { rows } = await client.query<{ status: RunStatus; lease_id: string | null }>({
      name: "lock-run-called-back",
      text: LOCK_RUN,
      values: [orgId, runId],
    });
    const { status, lease_id: leaseId } = rows[0] ?? { status: "CANCELED", lease_id: null };
    if (status === "PENDING") {
      const message = "The run is about to be called again; send the callback once more in a moment";
      throw new ApiError("unavailable", message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    const completed = leaseId === null ? undefined : await completeRuns(client, orgId, [{ runId, leaseId, ...result }]);
    if (leaseId === null || !completed?.recorded.has(runId))
      throw new ApiError("conflict", "The run has ended, and a run that has ended never changes");
    await closeCallbacks(client, orgId, [{ runId, leaseId }]);
    return completed.isQueued;
  });
}
