/**
 * Reads of a search by value: on one connection, in a read-only transaction with a statement timeout, so that no search can hold up the
 * database for long, and with a lock of whoever searches, so that one search is all that anybody can ask for at a time, on any process.
 */
import type { PoolClient } from "pg";
import { pool } from "../db.ts";
import type { RunPayloadKind } from "../generated/prisma/enums.ts";

const STATEMENT_TIMEOUT_MS = 3_000;
const QUERY_CANCELED = "57014";

export type SearchConnection = Pick<PoolClient, "query">;

/** Whether a statement was ended by its timeout. */
export const isTimeout = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === QUERY_CANCELED;

/** Runs `work` for this searcher; null where a search of the same searcher is under way. */
export async function withSearchLock<T>(
  searcher: string,
  work: (db: SearchConnection) => Promise<T>,
): Promise<T | null> {
  const client = await pool().connect();
  try {
    await client.query(`begin read only; set local statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
    const { rows } = await client.query<{ locked: boolean }>(
      "select pg_try_advisory_xact_lock(hashtextextended('run search ' || $1, 0)) as locked",
      [searcher],
    );
    const result = rows[0]!.locked ? await work(client) : null;
    await client.query("rollback");
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** How many bytes each run's payload has; runs without one are absent. Of a large text only its header is read. */
export async function payloadSizes(
  db: SearchConnection,
  orgId: string,
  ids: readonly string[],
  kind: RunPayloadKind,
): Promise<Map<string, number>> {
  const { rows } = await db.query<{ run_id: string; bytes: number }>(
    `select run_id, octet_length(body) as bytes from run_payload where org_id = $1 and run_id = any ($2::uuid[]) and kind = $3`,
    [orgId, ids, kind],
  );
  return new Map(rows.map((row) => [row.run_id, row.bytes]));
}

/** The payloads among these that have all of the texts, or a backslash, behind which one may hide. */
export async function payloadsWith(
  db: SearchConnection,
  orgId: string,
  ids: readonly string[],
  kind: RunPayloadKind,
  texts: readonly string[],
): Promise<{ runId: string; body: string }[]> {
  const { rows } = await db.query<{ run_id: string; body: string }>(
    `select run_id, body from run_payload where org_id = $1 and run_id = any ($2::uuid[]) and kind = $3
     and (strpos(body, '\\') > 0 or not exists (select from unnest($4::text[]) needed where strpos(body, needed) = 0))`,
    [orgId, ids, kind, texts],
  );
  return rows.map((row) => ({ runId: row.run_id, body: row.body }));
}
