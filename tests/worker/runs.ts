/** Runs for tests of execution: accepted by the very statement that the API uses, and watched by a trigger that sees every change of status. */
import type { Client, PoolClient } from "pg";
import { pool } from "../../lib/db.ts";
import { newId } from "../../lib/ids.ts";
import { acceptQuery, type AnswerRow } from "../../lib/hot-path/accept-sql.ts";
import { canFollow } from "../../lib/runs/transitions.ts";
import type { RunStatus } from "../../lib/generated/prisma/enums.ts";
import { sql } from "../fixtures/database.ts";
import type { TestEngine, TestEnvironment } from "../fixtures/factories.ts";

/** Accepts `count` runs in one statement, on `db` or the file's pool; returns their ids. The statement commits with the transaction it is in. */
export async function acceptRuns(
  environment: TestEnvironment,
  engine: TestEngine,
  count: number,
  { input = { amount: 21 }, db = pool() }: { input?: unknown; db?: Pick<Client | PoolClient, "query"> } = {},
): Promise<string[]> {
  const body = Buffer.from(JSON.stringify({ input }));
  const group = {
    hash: null,
    orgId: environment.orgId,
    environmentId: environment.id,
    engineSlug: engine.slug,
    version: null,
  };
  const rows = Array.from({ length: count }, () => ({
    group: 0,
    runId: newId(),
    body,
    idempotencyKey: null,
    requestHash: null,
    tags: null,
  }));
  const query = acceptQuery({ way: "plain", again: false }, [{ ...group, source: "api" }], rows);
  const answers = await db.query<AnswerRow>(query);
  const refused = answers.rows.find(([, outcome]) => outcome !== "accepted");
  if (refused || answers.rows.length !== count) throw new Error(`not accepted: ${refused?.[1]}`);
  return rows.map((row) => row.runId);
}

export type RunState = {
  id: string;
  status: RunStatus;
  error_code: string | null;
  takeovers: number;
  lease_id: string | null;
  started_at: Date | null;
  completed_at: Date | null;
  outputs: number;
};

/** What stands in the database about these runs, in the order of the ids. */
export function runStates(ids: readonly string[]): Promise<RunState[]> {
  return sql<RunState>(
    `select id, status, error_code, takeovers, lease_id, started_at, completed_at,
       (select count(*)::int from run_payload p where p.org_id = run.org_id and p.run_id = run.id and p.kind = 'output') as outputs
     from run where id = any($1) order by array_position($1, id)`,
    [ids],
  );
}

/** Statuses of these runs with their numbers. */
export async function statusCounts(ids: readonly string[]): Promise<Partial<Record<RunStatus, number>>> {
  const rows = await sql<{ status: RunStatus; count: number }>(
    "select status, count(*)::int as count from run where id = any($1) group by status",
    [ids],
  );
  return Object.fromEntries(rows.map((row) => [row.status, row.count]));
}

/** Whether all of these runs have ended. */
export async function haveEnded(ids: readonly string[]): Promise<boolean> {
  const counts = await statusCounts(ids);
  return !counts.PENDING && !counts.RUNNING;
}

/** From now on every change of a run's status is written down. */
export async function recordTransitions(): Promise<void> {
  await sql(`
    create table status_change (n bigserial, run_id uuid, from_status run_status, to_status run_status);
    create function note_status_change() returns trigger language plpgsql as $$
    begin
      insert into status_change (run_id, from_status, to_status) values (new.id, old.status, new.status);
      return null;
    end $$;
    create trigger note_status_change after update on run for each row
      when (old.status is distinct from new.status or old.completed_at is distinct from new.completed_at)
      execute function note_status_change();
  `);
}

/** Changes of status that the table of transitions does not allow; each as `from→to`. Empty when all was well. */
export async function forbiddenTransitions(): Promise<string[]> {
  const rows = await sql<{ from_status: RunStatus; to_status: RunStatus }>(
    "select distinct from_status, to_status from status_change",
  );
  return rows
    .filter(({ from_status: from, to_status: to }) => !canFollow(from, to))
    .map(({ from_status: from, to_status: to }) => `${from}→${to}`);
}
