/** Runs that end, and what stands in the tables of webhooks by it. */
import type { Pool, PoolClient } from "pg";
import { pool } from "../../lib/db.ts";
import { completeRuns, type Completed, type TerminalResult } from "../../lib/hot-path/complete.ts";
import { newId } from "../../lib/ids.ts";
import { sql } from "../fixtures/database.ts";
import { createRun, type TestEngine, type TestEnvironment } from "../fixtures/factories.ts";

export type Result = Partial<Omit<TerminalResult, "runId" | "leaseId">>;
export type Held = { orgId: string; runId: string; leaseId: string };

const DONE = {
  status: "COMPLETED",
  errorCode: null,
  degradationReason: null,
  summary: "done",
  body: '{"output":{"n":1}}',
} as const;

/** A run that a worker holds, claimed a while ago. */
export async function holdRun(environment: TestEnvironment, engine: TestEngine): Promise<Held> {
  const runId = await createRun(environment, engine, { status: "RUNNING" });
  const leaseId = newId();
  await sql(
    `update run set lease_id = $2, lease_expires_at = now() + interval '1 minute', started_at = now() - interval '1234.567 seconds',
       created_at = now() - interval '2000.001 seconds' where id = $1`,
    [runId, leaseId],
  );
  return { orgId: environment.orgId, runId, leaseId };
}

export async function holdRuns(environment: TestEnvironment, engine: TestEngine, count: number): Promise<Held[]> {
  const runs: Held[] = [];
  while (runs.length < count) runs.push(await holdRun(environment, engine));
  return runs;
}

/** The result of a held run. */
export function resultOf({ runId, leaseId }: Held, result: Result = {}): TerminalResult {
  return { ...DONE, ...result, runId, leaseId };
}

/** Ends a held run as a worker does. */
export function endRun(run: Held, result: Result = {}, db: Pool | PoolClient = pool()): Promise<Completed> {
  return completeRuns(db, run.orgId, [resultOf(run, result)]);
}

export type EventRow = { id: string; environment_id: string; type: string; body: string; created_at: Date };

export const eventsOf = (runId: string): Promise<EventRow[]> =>
  sql("select id, environment_id, type, body, created_at from webhook_event where run_id = $1", [runId]);

export type DeliveryRow = {
  endpoint_id: string;
  id: string;
  event_id: string;
  event_type: string;
  environment_id: string;
  org_id: string;
  status: string;
  /** Whether an attempt is to be made now; null where none is to come. */
  due: boolean | null;
  trigger: string;
  attempts: number;
  step: number;
  last_error: string | null;
};

export const deliveriesOf = (runId: string): Promise<DeliveryRow[]> =>
  sql(
    `select endpoint_id, id, event_id, event_type, environment_id, org_id, status, next_attempt_at <= now() as due, trigger, attempts, step,
       last_error
     from webhook_delivery where run_id = $1 order by endpoint_id`,
    [runId],
  );

export type QueueRow = { endpoint_id: string; due: boolean; lease_id: string | null };

export const queueOf = (...endpointIds: string[]): Promise<QueueRow[]> =>
  sql(
    "select endpoint_id, due_at <= now() as due, lease_id from webhook_queue where endpoint_id = any ($1) order by endpoint_id",
    [endpointIds],
  );

/** Numbers of events and deliveries of each of these runs. */
export async function writtenOf(ids: readonly string[]): Promise<[events: number, deliveries: number][]> {
  const rows = await sql<{ events: number; deliveries: number }>(
    `select (select count(*)::int from webhook_event e where e.run_id = run.id) as events,
       (select count(*)::int from webhook_delivery d where d.run_id = run.id) as deliveries
     from run where id = any ($1)`,
    [ids],
  );
  return rows.map((row) => [row.events, row.deliveries]);
}
