/** A worker's sign of life: a row that /ready and the operator read. */
import type { Pool } from "pg";

/** How often a worker says that it lives, in milliseconds. */
export const HEARTBEAT_MS = 5_000;

const BEAT = `
insert into worker_heartbeat (worker_id, started_at, beat_at) values ($1, now(), now())
on conflict (worker_id) do update set beat_at = now()`;

/** Says that this worker lives, and removes the rows of those that have not been heard of for an hour. */
export async function beat(pool: Pool, workerId: string): Promise<void> {
  await pool.query({ name: "heartbeat", text: BEAT, values: [workerId] });
  await pool.query({
    name: "heartbeat-forget",
    text: "delete from worker_heartbeat where beat_at < now() - interval '1 hour'",
  });
}

/** Says that this worker has ended. */
export async function endBeat(pool: Pool, workerId: string): Promise<void> {
  await pool.query("delete from worker_heartbeat where worker_id = $1", [workerId]);
}
