/**
 * Acceptance of runs: what every surface that submits one calls. Requests join the current batch; one statement (accept-sql.ts) checks the
 * key, resolves engine and version, and inserts run, payload, usage and ready mark. When it has committed, each request gets its 202 or its refusal.
 *
 * The order of refusals is 401, 403, 404, 413, 400, 422, 409, for every mixture: a request whose input was refused takes part as a probe.
 */
import { ApiError, notFound } from "../errors.ts";
import { invalidKey } from "../api-keys/bearer.ts";
import { hashKey } from "../api-keys/key-format.ts";
import { requirePermission, type EnvironmentScope } from "../auth/principal.ts";
import { touchKey } from "../api-keys/last-used-store.ts";
import type { RunSource } from "../generated/prisma/enums.ts";
import { newId } from "../ids.ts";
import { type IdempotencyKeyHeader, idempotencyKeyProblem, requestHash } from "../runs/idempotency-key.ts";
import { type PreparedInput, prepareInput } from "../runs/run-input.ts";
import {
  acceptQuery,
  alreadyAcceptedQuery,
  lookUpQuery,
  type AcceptRow,
  type AnswerRow,
  type Group,
  type Outcome,
} from "./accept-sql.ts";
import { BatchConnection } from "./batch-connection.ts";
import { Batcher, type BatchItem } from "./batcher.ts";
import { wakeWorkers } from "./wake.ts";

/** Who submits: a key by its text, not checked yet; or a scope made by lib/auth, and what its runs are counted as. */
export type Submitter = { kind: "key"; token: string } | { kind: "scope"; scope: EnvironmentScope; source: RunSource };

export type Submission = {
  submitter: Submitter;
  engineSlug: string;
  /** The body's bytes as they came; null when it was too large to be read. */
  body: Buffer | null;
  idempotencyKey: IdempotencyKeyHeader;
};

/** `replayed`: this is the answer that an equal request got before. */
export type Acceptance = { runId: string; replayed: boolean };

type Refused = Exclude<Outcome, "accepted" | "look_up" | "look_up_version"> | "reused";
type Verdict = ({ outcome: "accepted" } & Acceptance) | { outcome: Refused };

type Resolve = (verdict: Verdict) => void;
type Reject = (error: unknown) => void;

const ENGINE_SLUG = /^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$/;
const CONNECTIONS = 2;
/** Asking again who has an idempotency key: its owner may have gone between two statements. */
const MAX_LOOK_UPS = 3;

/** One request in the queue. What many have in common (its group) is made once a batch, from the first. */
class Item implements BatchItem {
  readonly submission: Submission;
  /** Equal for requests of one caller to one engine and version. */
  readonly groupKey: string;
  readonly version: string | null;
  readonly runId = newId();
  readonly body: Uint8Array | null;
  readonly tags: readonly string[] | null;
  readonly idempotencyKey: string | null;
  readonly requestHash: Uint8Array | null;
  readonly resolve: Resolve;
  readonly reject: Reject;

  constructor(submission: Submission, prepared: PreparedInput, resolve: Resolve, reject: Reject) {
    const { submitter, engineSlug, idempotencyKey } = submission;
    this.submission = submission;
    this.version = prepared.ok ? prepared.version : null;
    this.body = prepared.ok ? prepared.body : null;
    this.tags = prepared.ok ? prepared.tags : null;
    this.idempotencyKey = this.body !== null && typeof idempotencyKey === "string" ? idempotencyKey : null;
    this.requestHash = this.idempotencyKey === null ? null : requestHash(engineSlug, submission.body!);
    const caller = submitter.kind === "key" ? submitter.token : `${submitter.scope.environmentId} ${submitter.source}`;
    this.groupKey = `${submitter.kind} ${caller} ${engineSlug} ${this.version}`;
    this.resolve = resolve;
    this.reject = reject;
  }

  get bytes(): number {
    return this.body?.length ?? 0;
  }

  toGroup(): Group {
    const { submitter, engineSlug } = this.submission;
    const byKey = submitter.kind === "key";
    return {
      hash: byKey ? hashKey(submitter.token) : null,
      orgId: byKey ? null : submitter.scope.orgId,
      environmentId: byKey ? null : submitter.scope.environmentId,
      // What is no slug at all is not looked up: PostgreSQL refuses some texts.
      engineSlug: ENGINE_SLUG.test(engineSlug) ? engineSlug : null,
      version: this.version,
      source: byKey ? "api" : submitter.source,
    };
  }

  toRow(group: number): AcceptRow {
    const { runId, body, idempotencyKey, requestHash, tags } = this;
    return { group, runId, body, idempotencyKey, requestHash, tags };
  }
}

/** The batch as the statements take it. */
function toBatch(items: readonly Item[]): { groups: Group[]; rows: AcceptRow[] } {
  const groups: Group[] = [];
  const indexes = new Map<string, number>();
  const rows = items.map((item) => {
    let index = indexes.get(item.groupKey);
    if (index === undefined) {
      index = groups.push(item.toGroup()) - 1;
      indexes.set(item.groupKey, index);
    }
    return item.toRow(index);
  });
  return { groups, rows };
}

/** Settles what was accepted when it was sent before, and returns the others. */
async function settleAccepted(connection: BatchConnection, items: Item[]): Promise<Item[]> {
  const { groups, rows } = toBatch(items);
  const already = await connection.query<[number]>(alreadyAcceptedQuery(groups, rows));
  const accepted = new Set(already.rows.map(([n]) => items[n - 1]!));
  for (const item of accepted) item.resolve({ outcome: "accepted", runId: item.runId, replayed: false });
  return items.filter((item) => !accepted.has(item));
}

async function execute(connection: BatchConnection, batch: Item[], again: boolean, tries = 1): Promise<void> {
  const items = again ? await settleAccepted(connection, batch) : batch;
  if (items.length === 0) return;
  const { groups, rows } = toBatch(items);
  const careful = rows.some((row) => row.idempotencyKey !== null || row.tags !== null);
  const { rows: answers } = await connection.query<AnswerRow>(acceptQuery({ careful, again }, groups, rows));
  if (answers.length !== items.length) throw new Error(`${items.length} requests got ${answers.length} answers`);

  const open: AnswerRow[] = [];
  for (const answer of answers) {
    const [n, outcome, keyId, orgId, , newMarks] = answer;
    if (newMarks) wakeWorkers();
    if (keyId !== null && orgId !== null) touchKey(keyId, orgId);
    const item = items[n - 1]!;
    if (outcome === "accepted") item.resolve({ outcome, runId: item.runId, replayed: false });
    else if (outcome === "look_up" || outcome === "look_up_version") open.push(answer);
    else item.resolve({ outcome });
  }
  if (open.length > 0) await lookUp(connection, items, open, tries);
}

/** Settles requests whose idempotency key was taken: by an equal request, or by another. A second statement sees who won a race. */
async function lookUp(connection: BatchConnection, items: Item[], open: AnswerRow[], tries: number): Promise<void> {
  const keys = open.map(([n, , , orgId, environmentId]) => ({
    orgId: orgId!,
    environmentId: environmentId!,
    idempotencyKey: items[n - 1]!.idempotencyKey!,
  }));
  const { rows } = await connection.query<[number, Buffer, string]>(lookUpQuery(keys));
  const owners = new Map(rows.map(([k, hash, runId]) => [k, { hash, runId }]));

  const ownerless: Item[] = [];
  for (const [k, [n, outcome]] of open.entries()) {
    const item = items[n - 1]!;
    const owner = owners.get(k + 1);
    if (!owner && outcome === "look_up_version") item.resolve({ outcome: "engine_version_unavailable" });
    else if (!owner) ownerless.push(item);
    else if (!owner.hash.equals(item.requestHash!)) item.resolve({ outcome: "reused" });
    else item.resolve({ outcome: "accepted", runId: owner.runId, replayed: owner.runId !== item.runId });
  }
  if (ownerless.length === 0) return;
  if (tries >= MAX_LOOK_UPS) throw new Error("idempotency keys are taken, and nobody has them");
  await execute(connection, ownerless, true, tries + 1);
}

const slot = globalThis as { [key: symbol]: Batcher<BatchConnection, Item> | undefined };
const KEY = Symbol.for("nexio.accept");

function batcher(): Batcher<BatchConnection, Item> {
  return (slot[KEY] ??= new Batcher(
    Array.from({ length: CONNECTIONS }, (_, n) => new BatchConnection(`accept-${n + 1}`)),
    (connection, items, again) => execute(connection, items, again),
  ));
}

function refusalOf(outcome: Refused): ApiError {
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

/**
 * Accepts one run. When this returns, the run is durable.
 * Throws ApiError: 401, 403, 404, 413, 400, 422 `idempotency_key_reused`, 409 `engine_version_unavailable`, in that order;
 * 503 `overloaded` or `unavailable` (it may then have been accepted or not; with an Idempotency-Key, asking again is safe).
 */
export async function submitRun(submission: Submission): Promise<Acceptance> {
  const { submitter } = submission;
  if (submitter.kind === "scope") requirePermission(submitter.scope, "runs:write");
  let prepared = prepareInput(submission.body);
  const keyProblem = idempotencyKeyProblem(submission.idempotencyKey);
  if (prepared.ok && keyProblem) prepared = { ok: false, refusal: keyProblem };

  const verdict = await new Promise<Verdict>((resolve, reject) => {
    batcher().add(new Item(submission, prepared, resolve, reject));
  });
  if (verdict.outcome === "accepted" || verdict.outcome === "engine_version_unavailable") {
    // Key and engine are good: now the input's own refusal.
    if (!prepared.ok) throw prepared.refusal;
  }
  if (verdict.outcome !== "accepted") throw refusalOf(verdict.outcome);
  return { runId: verdict.runId, replayed: verdict.replayed };
}

/** Connects ahead of the first request. */
export function openAcceptance(): void {
  batcher();
}

/** Finishes what waits and closes the connections; for shutdown. */
export async function closeAcceptance(): Promise<void> {
  await slot[KEY]?.close();
  slot[KEY] = undefined;
}
