/** One request on its way through acceptance, and many of them as the statements take them. */
import { hashKey } from "../api-keys/key-format.ts";
import type { EnvironmentScope } from "../auth/principal.ts";
import type { RunSource } from "../generated/prisma/enums.ts";
import { newId } from "../ids.ts";
import type { RateLimit } from "../limits/rate-limit.ts";
import { type IdempotencyKeyHeader, requestHash } from "../runs/idempotency-key.ts";
import type { PreparedInput } from "../runs/run-input.ts";
import type { AcceptRow, Group, Outcome } from "./accept-sql.ts";
import type { BatchItem } from "./batcher.ts";

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
export type Accepted = { runId: string; replayed: boolean };

export type Refused = Exclude<Outcome, "accepted" | "look_up" | "look_up_version" | "limited"> | "reused";

/** What became of a request. `rateLimit`: where its organization stands, if that has a limit. */
export type Verdict = (({ outcome: "accepted" } & Accepted) | { outcome: Refused }) & {
  rateLimit?: RateLimit | undefined;
};

const ENGINE_SLUG = /^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$/;

/** One request in the queue. What many have in common (its group) is made once a batch, from the first. */
export class Item implements BatchItem {
  readonly submission: Submission;
  /** Equal for requests of one caller to one engine and version. */
  readonly groupKey: string;
  readonly version: string | null;
  readonly runId = newId();
  readonly body: Uint8Array | null;
  readonly tags: readonly string[] | null;
  readonly idempotencyKey: string | null;
  readonly requestHash: Uint8Array | null;
  readonly resolve: (verdict: Verdict) => void;
  readonly reject: (error: unknown) => void;

  constructor(submission: Submission, prepared: PreparedInput, resolve: Item["resolve"], reject: Item["reject"]) {
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
export function toBatch(items: readonly Item[]): { groups: Group[]; rows: AcceptRow[] } {
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
