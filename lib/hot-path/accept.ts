/**
 * Acceptance of runs: what every surface that submits one calls. Requests join the current batch; one statement (accept-sql.ts) checks the
 * key, resolves engine and version, and inserts run, payload, usage and ready mark. When it has committed, each request gets its 202 or its refusal.
 *
 * The order of refusals is 401, 403, 404, 413, 400, 422, 409, 429, for every mixture: a request whose input was refused takes part as a probe.
 */
import { ApiError, notFound } from "../errors.ts";
import { invalidKey } from "../api-keys/bearer.ts";
import { requirePermission } from "../auth/principal.ts";
import { type RateLimit, rateLimitExceeded, rateLimitHeaders } from "../limits/rate-limit.ts";
import { idempotencyKeyProblem } from "../runs/idempotency-key.ts";
import { prepareInput } from "../runs/run-input.ts";
import { executeLimited, executeUnlimited, type LimitWatcher } from "./accept-execute.ts";
import { type Accepted, Item, type Refused, type Submission, type Verdict } from "./accept-item.ts";
import { BatchConnection } from "./batch-connection.ts";
import { Batcher } from "./batcher.ts";
import { LimitedCallers } from "./limited-callers.ts";
import { InTurns } from "./waiting.ts";

export type { Submission, Submitter } from "./accept-item.ts";

/** `rateLimit`: where the organization stands, if it has a limit. */
export type Acceptance = Accepted & { rateLimit?: RateLimit | undefined };

const NONE: Readonly<Record<string, string>> = {};

/** Headers that a 202 carries for its acceptance, by their names in lower case. */
export function acceptanceHeaders({ replayed, rateLimit }: Acceptance): Readonly<Record<string, string>> {
  if (!replayed && !rateLimit) return NONE;
  return {
    ...(replayed ? { "idempotent-replayed": "true" } : NONE),
    ...(rateLimit ? rateLimitHeaders(rateLimit) : NONE),
  };
}

const CONNECTIONS = 2;

const connections = (name: string) =>
  Array.from({ length: CONNECTIONS }, (_, n) => new BatchConnection(`${name}-${n + 1}`));

/**
 * The two ways through acceptance, each with batches and connections of its own: who has a limit may wait for a lock, and nobody else waits
 * for that. Those who have one take turns, for each is refused beyond it and may send all the more. The limited way is opened by the first request
 * that needs it.
 */
class Lanes {
  private readonly limitedCallers = new LimitedCallers();
  private readonly watcher: LimitWatcher = {
    limited: (requests) => {
      for (const { item, orgId } of requests) {
        this.limitedCallers.add(item.submission.submitter, orgId);
        this.limited().add(item);
      }
    },
    unlimited: (item) => this.limitedCallers.forget(item.submission.submitter),
  };
  private readonly common = new Batcher<BatchConnection, Item>(connections("accept"), (connection, items, again) =>
    executeUnlimited(connection, items, again, this.watcher),
  );
  private limitedLane: Batcher<BatchConnection, Item> | undefined;

  private limited(): Batcher<BatchConnection, Item> {
    const waiting = new InTurns<Item>(({ submission }) => this.limitedCallers.orgIdOf(submission.submitter) ?? "");
    return (this.limitedLane ??= new Batcher<BatchConnection, Item>(
      connections("accept-limited"),
      (connection, items, again) => executeLimited(connection, items, again, this.watcher),
      { waiting },
    ));
  }

  add(item: Item): void {
    const lane = this.limitedCallers.has(item.submission.submitter) ? this.limited() : this.common;
    lane.add(item);
  }

  async close(): Promise<void> {
    // in this order: what the common way finds to be limited goes on to the other
    await this.common.close();
    await this.limitedLane?.close();
  }
}

const slot = globalThis as { [key: symbol]: Lanes | undefined };
const KEY = Symbol.for("nexio.accept");

function lanes(): Lanes {
  return (slot[KEY] ??= new Lanes());
}

function refusalOf(outcome: Exclude<Refused, "rate_limited">): ApiError {
  switch (outcome) {
    case "unauthorized":
      return invalidKey();
    case "forbidden":
      return new ApiError("forbidden", "This needs the permission runs:write");
    case "engine_not_found":
      return notFound("Engine");
    case "reused":
      return new ApiError(
        "idempotency_key_reused",
        "This Idempotency-Key was used for another request in the last 24 hours",
      );
    case "engine_version_unavailable":
      return new ApiError("engine_version_unavailable", "The engine has no published version that fits");
  }
}

function checkVerdict(verdict: Verdict, inputRefusal: ApiError | null): Acceptance {
  // Key and engine are good: now the input's own refusal.
  if (inputRefusal && (verdict.outcome === "accepted" || verdict.outcome === "engine_version_unavailable")) {
    throw inputRefusal;
  }
  if (verdict.outcome === "rate_limited") throw rateLimitExceeded(verdict.rateLimit!);
  if (verdict.outcome !== "accepted") throw refusalOf(verdict.outcome);
  return { runId: verdict.runId, replayed: verdict.replayed, rateLimit: verdict.rateLimit };
}

/**
 * Accepts one run. When this returns, the run is durable.
 * Throws ApiError: 401, 403, 404, 413, 400, 422 `idempotency_key_reused`, 409 `engine_version_unavailable`, 429 `rate_limited`, in that order,
 * with the headers of the limit where there is one; 503 `overloaded` or `unavailable` (it may then have been accepted or not; with an
 * Idempotency-Key, asking again is safe).
 */
export async function submitRun(submission: Submission): Promise<Acceptance> {
  const { submitter } = submission;
  if (submitter.kind === "scope") requirePermission(submitter.scope, "runs:write");
  let prepared = prepareInput(submission.body);
  const keyProblem = idempotencyKeyProblem(submission.idempotencyKey);
  if (prepared.ok && keyProblem) prepared = { ok: false, refusal: keyProblem };

  const verdict = await new Promise<Verdict>((resolve, reject) => {
    lanes().add(new Item(submission, prepared, resolve, reject));
  });
  try {
    return checkVerdict(verdict, prepared.ok ? null : prepared.refusal);
  } catch (error) {
    throw verdict.rateLimit ? (error as ApiError).withHeaders(rateLimitHeaders(verdict.rateLimit)) : error;
  }
}

/** Connects ahead of the first request. */
export function openAcceptance(): void {
  lanes();
}

/** Finishes what waits and closes the connections; for shutdown. */
export async function closeAcceptance(): Promise<void> {
  await slot[KEY]?.close();
  slot[KEY] = undefined;
}
