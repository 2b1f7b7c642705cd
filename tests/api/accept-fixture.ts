/** Submissions to the accepting function itself, for tests: one organization with an engine and a key, and requests that differ in one thing. */
import { isApiError } from "../../lib/errors.ts";
import { type Submission, submitRun } from "../../lib/hot-path/accept.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createKey,
  createOrganization,
  type TestEngine,
  type TestKey,
  type TestOrganization,
} from "../fixtures/factories.ts";

export type Parts = { key?: string; slug?: string; body?: string | null; idempotencyKey?: string };

export type Sender = {
  org: TestOrganization;
  engine: TestEngine;
  key: TestKey;
  submission(parts?: Parts): Submission;
  submit(parts?: Parts): ReturnType<typeof submitRun>;
};

/** An organization that sends runs to an engine of its own with a key of live. */
export async function createSender(): Promise<Sender> {
  const org = await createOrganization();
  const engine = await createEngine(org);
  const key = await createKey(org.live);
  const submission = ({
    key: text = key.key,
    slug = engine.slug,
    body = '{"input":1}',
    idempotencyKey,
  }: Parts = {}) => ({
    submitter: { kind: "key" as const, token: text },
    engineSlug: slug,
    body: body === null ? null : Buffer.from(body),
    idempotencyKey,
  });
  return { org, engine, key, submission, submit: (parts) => submitRun(submission(parts)) };
}

/** The code of a refusal, or `accepted`. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "accepted";
  } catch (error) {
    if (!isApiError(error)) throw error;
    return error.code;
  }
}

export function runsOf(orgId: string): Promise<{ id: string }[]> {
  return sql<{ id: string }>("select id from run where org_id = $1", [orgId]);
}

/** Runs counted so far. */
export async function usageOf(orgId: string): Promise<number> {
  const [row] = await sql<{ runs: number }>(
    "select coalesce(sum(runs), 0)::int as runs from usage_delta where org_id = $1",
    [orgId],
  );
  return row!.runs;
}
