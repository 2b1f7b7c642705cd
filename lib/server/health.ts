/** /health: this process answers. /ready: it can do its work: database, migrations, a living worker, pages. */
import { pool } from "../db.ts";
import { pendingMigrations } from "../local/migrations-pending.ts";

/** A worker beats every few seconds (lib/worker/heartbeat.ts); one that has not for so long is dead or cut off. */
const HEARTBEAT_MAX_AGE = "15 seconds";
const CHECK_TIMEOUT_MS = 2_000;

export type CheckState = "ok" | "failed";
export type Readiness = {
  status: "ready" | "not_ready";
  checks: { database: CheckState; migrations: CheckState; worker: CheckState; portal: CheckState };
};

const WORKER_LIVES = `select exists (
  select from worker_heartbeat where beat_at > now() - interval '${HEARTBEAT_MAX_AGE}'
) as lives`;

async function databaseChecks(): Promise<Omit<Readiness["checks"], "portal">> {
  const missing = await pendingMigrations(pool());
  if (missing.length > 0) return { database: "ok", migrations: "failed", worker: "failed" };
  const { rows } = await pool().query<{ lives: boolean }>(WORKER_LIVES);
  return { database: "ok", migrations: "ok", worker: rows[0]?.lives ? "ok" : "failed" };
}

/** Looks at everything now. Never rejects, and answers within two seconds or so. */
export async function readiness(portalIsReady: boolean): Promise<Readiness> {
  const portal: CheckState = portalIsReady ? "ok" : "failed";
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("the database is too slow")), CHECK_TIMEOUT_MS);
  const work = databaseChecks();
  work.catch(() => {});
  const checks = await Promise.race([work, late])
    .catch(() => ({ database: "failed", migrations: "failed", worker: "failed" }) as const)
    .finally(() => clearTimeout(timer));
  const all = { ...checks, portal };
  return { status: Object.values(all).every((state) => state === "ok") ? "ready" : "not_ready", checks: all };
}
