/**
 * Acceptance of runs: what every surface that submits one calls. Requests join the current batch; one statement (accept-sql.ts) checks the
 * key, resolves engine and version, and inserts run, payload, usage and ready mark. When it has committed, each request gets its 202 or its refusal.
 *
 * The order of refusals is 401, 403, 404, 413, 400, 422, 409, for every mixture: a request whose input was refused takes part as a probe.
 */
import { ApiError, notFound } from "../errors.ts";
import { invalidKey } from "../api-keys/bearer.ts";
import { requirePermission, type EnvironmentScope } from "../auth/principal.ts";
import { touchKey } from "../api-keys/last-used.ts";
import type { RunSource } from "../generated/prisma/enums.ts";
import { newId } from "../ids.ts";
import { idempotencyKeyProblem, requestHash } from "../runs/idempotency-key.ts";
import { prepareInput } from "../runs/run-input.ts";
import { acceptQuery, lookUpQuery, type AcceptRow, type AnswerRow, type Group, type Outcome } from "./accept-sql.ts";
import { BatchConnection } from "./batch-connection.ts";
import { Batcher, type BatchItem } from "./batcher.ts";
import { wakeWorkers } from "./wake.ts";

/** Who submits: a key by the SHA-256 of its text, not checked yet; or a scope made by lib/auth, and what its runs are counted as. */
export type Submitter =
  | { kind: "key"; hash: Uint8Array }
  | { kind: "scope"; scope: EnvironmentScope; source: RunSource };

export type Submission = {
  submitter: Submitter;
  engineSlug: string;
  /** The body's bytes as they came; null when it was too large to be read. */
  body: Uint8Array | null;
  /** The Idempotency-Key header as it came. */
  idempotencyKey: string | undefined;
};

/** `replayed`: this is the answer that an equal request got before. */
export type Acceptance = { runId: string; replayed: boolean };

type Refused = Exclude<Outcome, "accepted" | "look_up" | "look_up_version"> | "reused";
type Verdict = ({ outcome: "accepted" } & Acceptance) | { outcome: Refused };

type Item = BatchItem & {
  group: Group;
  groupKey: string;
  row: Omit<AcceptRow, "group">;
  resolve(verdict: Verdict): void;
};

const ENGINE_SLUG = /^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$/;
const CONNECTIONS = 2;
/** Asking again who has an idempotency key: its owner may have gone between two statements. */
const MAX_LOOK_UPS = 3;

function toItem(submission: Submission, prepared: { body: Uint8Array | null; version: string | null }) {
  const { submitter, engineSlug, idempotencyKey } = submission;
  const slug = ENGINE_SLUG.test(engineSlug) ? engineSlug : null;
  const byKey = submitter.kind === "key";
  const group: Group = {
    hash: byKey ? submitter.hash : null,
    orgId: byKey ? null : submitter.scope.orgId,
    environmentId: byKey ? null : submitter.scope.environmentId,
    engineSlug: slug,
    version: prepared.version,
    source: byKey ? "api" : submitter.source,
  };
  const caller = byKey ? Buffer.from(submitter.hash).toString("latin1") : `${group.environmentId} ${group.source}`;
  const key = prepared.body === null ? null : (idempotencyKey ?? null);
  return {
    group,
    groupKey: `${caller} ${slug} ${prepared.version}`,
    bytes: prepared.body?.length ?? 0,
    row: {
      runId: newId(),
      body: prepared.body,
      idempotencyKey: key,
      requestHash: key === null ? null : requestHash(engineSlug, submission.body!),
    },
  };
}

async function execute(connection: BatchConnection, items: Item[], again: boolean, tries = 1): Promise<void> {
  const groups: Group[] = [];
  const indexes = new Map<string, number>();
  const rows = items.map(({ group, groupKey, row }): AcceptRow => {
    let index = indexes.get(groupKey);
    if (index === undefined) {
      index = groups.push(group) - 1;
      indexes.set(groupKey, index);
    }
    return {
      group: index,
      runId: row.runId,
      body: row.body,
      idempotencyKey: row.idempotencyKey,
      requestHash: row.requestHash,
    };
  });
  const careful = rows.some((row) => row.idempotencyKey !== null);
  const { rows: answers } = await connection.query<AnswerRow>(acceptQuery({ careful, again }, groups, rows));
  if (answers.length !== items.length) throw new Error(`${items.length} requests got ${answers.length} answers`);

  const open: AnswerRow[] = [];
  for (const answer of answers) {
    const [n, outcome, keyId, orgId, , newMarks] = answer;
    if (newMarks) wakeWorkers();
    if (keyId !== null && orgId !== null) touchKey(keyId, orgId);
    const item = items[n - 1]!;
    if (outcome === "accepted") item.resolve({ outcome, runId: item.row.runId, replayed: false });
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
    idempotencyKey: items[n - 1]!.row.idempotencyKey!,
  }));
  const { rows } = await connection.query<[number, Buffer, string]>(lookUpQuery(keys));
  const owners = new Map(rows.map(([k, hash, runId]) => [k, { hash, runId }]));

  const ownerless: Item[] = [];
  for (const [k, [n, outcome]] of open.entries()) {
    const item = items[n - 1]!;
    const owner = owners.get(k + 1);
    if (!owner && outcome === "look_up_version") item.resolve({ outcome: "engine_version_unavailable" });
    else if (!owner) ownerless.push(item);
    else if (!owner.hash.equals(item.row.requestHash!)) item.resolve({ outcome: "reused" });
    else item.resolve({ outcome: "accepted", runId: owner.runId, replayed: owner.runId !== item.row.runId });
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
    const item = toItem(submission, prepared.ok ? prepared : { body: null, version: null });
    batcher().add({ ...item, resolve, reject });
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
