/**
 * When keys were last used: kept in memory and written every 30 seconds, so that a request never waits for it and a busy key is not a
 * hot row. A process that is killed loses at most half a minute of it.
 */
import { isDatabaseAway, pool } from "../db.ts";
import { loggerFor } from "../logger.ts";

const FLUSH_EVERY_MS = 30_000;

const log = loggerFor("last-used");

type Use = { orgId: string; atMs: number };
type LastUsed = { uses: Map<string, Use>; timer: NodeJS.Timeout | undefined };

const slot = globalThis as { [key: symbol]: LastUsed | undefined };
const KEY = Symbol.for("nexio.last-used");

const state = (): LastUsed => (slot[KEY] ??= { uses: new Map(), timer: undefined });

/** Remembers that a key has just been used by a request that it was good for. */
export function touchKey(keyId: string, orgId: string): void {
  const last = state();
  const use = last.uses.get(keyId);
  if (use) use.atMs = Date.now();
  else last.uses.set(keyId, { orgId, atMs: Date.now() });
  if (last.timer) return;
  last.timer = setTimeout(() => {
    last.timer = undefined;
    void flushLastUsed();
  }, FLUSH_EVERY_MS);
  last.timer.unref();
}

// Rows in the order of their ids: two processes that write the same keys wait for each other and never in a circle.
const FLUSH = `
insert into api_key_use (key_id, org_id, last_used_at)
select key_id, org_id, to_timestamp(at_ms / 1000.0)
from unnest($1::uuid[], $2::uuid[], $3::float8[]) as u (key_id, org_id, at_ms)
order by key_id
on conflict (key_id) do update set last_used_at = excluded.last_used_at
where api_key_use.last_used_at < excluded.last_used_at`;

/** Writes what is remembered. Called every 30 seconds by itself, and at shutdown. Never throws: what could not be written is kept. */
export async function flushLastUsed(): Promise<void> {
  const { uses } = state();
  if (uses.size === 0) return;
  const batch = [...uses];
  uses.clear();
  try {
    await pool().query(FLUSH, [
      batch.map(([keyId]) => keyId),
      batch.map(([, use]) => use.orgId),
      batch.map(([, use]) => use.atMs),
    ]);
  } catch (error) {
    log[isDatabaseAway(error) ? "debug" : "error"]({ err: error }, "last uses of keys could not be written");
    for (const [keyId, use] of batch) if (!uses.has(keyId)) uses.set(keyId, use);
  }
}
