/**
 * Retention: what is beyond the policy goes, payloads first, runs later, and never a run that has not ended. Usage, statements, idempotency
 * keys and audit are other tables, which this does not touch.
 *
 * Whole months are dropped; what stands in DEFAULT partitions, and the payloads of organizations that keep them for less, are deleted in small
 * chunks. It works for two seconds at a time and goes on from what stands there the next time: nothing has to be remembered, so that it may be
 * killed anywhere and run beside itself.
 */
import type { Pool } from "pg";
import { loggerFor } from "../../logger.ts";
import {
  dropMonth,
  hasUnfinishedRuns,
  listMonths,
  LocksBusy,
  type LockPatience,
  type Month,
  RETAINED_TABLES,
  type RetainedTable,
} from "../../runs/partition-store.ts";
import { idFloor } from "../../runs/filter-store.ts";
import { cutoffOf, cutoffsOf, payloadDaysOf, type RetentionPolicy } from "../../runs/retention.ts";
import {
  type Chunk,
  deleteFromDefault,
  deletePayloads,
  organizationsWithShorterRetention,
  shortenReasonsOf,
} from "../../runs/retention-store.ts";

const BUDGET_MS = 2_000;
const CHUNK = 1_000;

const log = loggerFor("retention");

export type RetentionOptions = {
  /** For how long chunks are begun, in milliseconds. */
  budgetMs?: number;
  /** Runs, or rows, that one chunk deletes. */
  chunk?: number;
  patience?: LockPatience;
};

/** `dropped` months and `kept` ones that are beyond but have runs which have not ended; `busy` ones could not be locked. `deleted` rows. */
export type Retained = { dropped: number; kept: number; busy: number; deleted: number };

type Cutoffs = Record<RetainedTable, Date | null>;

/**
 * Removes what is beyond the policy at `now`. Returns what it did; what is left over when the budget is used up is for the next time.
 */
export async function applyRetention(
  pool: Pool,
  policy: RetentionPolicy,
  now: Date,
  { budgetMs = BUDGET_MS, chunk = CHUNK, patience }: RetentionOptions = {},
): Promise<Retained> {
  const { payloadsBefore, runsBefore } = cutoffsOf(policy, now);
  const cutoffs: Cutoffs = { run_payload: payloadsBefore, run_tag: runsBefore, run: runsBefore };
  const months = await dropMonths(pool, cutoffs, patience);
  const until = performance.now() + budgetMs;
  const isTime = () => performance.now() < until;
  const deleted =
    (await emptyDefaults(pool, cutoffs, chunk, isTime)) + (await shorten(pool, policy, now, chunk, isTime));
  return { ...months, deleted };
}

// Logged once a process, not every time.
const told = new Set<string>();

function tellKept({ name }: Month): void {
  if (told.has(name)) return;
  told.add(name);
  log.warn({ month: name }, "a month is beyond retention and kept: runs of it have not ended");
}

async function dropMonths(
  pool: Pool,
  cutoffs: Cutoffs,
  patience: LockPatience | undefined,
): Promise<Omit<Retained, "deleted">> {
  const result = { dropped: 0, kept: 0, busy: 0 };
  const months = await listMonths(pool);
  for (const table of RETAINED_TABLES) {
    const cutoff = cutoffs[table];
    if (cutoff === null) continue;
    const floor = idFloor(cutoff.getTime());
    for (const month of months.filter((one) => one.table === table && one.toId <= floor)) {
      result[await dropOne(pool, month, patience)] += 1;
      // Whoever holds this one holds the next as well, and a run outlives what belongs to it.
      if (result.busy > 0) return result;
    }
  }
  return result;
}

async function dropOne(
  pool: Pool,
  month: Month,
  patience: LockPatience | undefined,
): Promise<"dropped" | "kept" | "busy"> {
  if (await hasUnfinishedRuns(pool, month)) {
    tellKept(month);
    return "kept";
  }
  if (month.table === "run_payload") await shortenReasonsOf(pool, month, CHUNK);
  try {
    if (await dropMonth(pool, month, patience)) log.info({ month: month.name }, "a month beyond retention was dropped");
    return "dropped";
  } catch (error) {
    if (!(error instanceof LocksBusy)) throw error;
    log.info({ month: month.name }, "a month beyond retention could not be locked; trying again later");
    return "busy";
  }
}

async function emptyDefaults(pool: Pool, cutoffs: Cutoffs, chunk: number, isTime: () => boolean): Promise<number> {
  let deleted = 0;
  for (const table of RETAINED_TABLES) {
    const cutoff = cutoffs[table];
    if (cutoff === null) continue;
    for (let after: string | undefined; ;) {
      if (!isTime()) return deleted;
      const done: Chunk<string> = await deleteFromDefault(pool, table, cutoff, chunk, after);
      deleted += done.deleted;
      after = done.after;
      if (after === undefined) break;
    }
  }
  return deleted;
}

/** Organizations that keep payloads for less: a chunk each in turn, so that the many of one do not keep the few of another. */
async function shorten(
  pool: Pool,
  policy: RetentionPolicy,
  now: Date,
  chunk: number,
  isTime: () => boolean,
): Promise<number> {
  let deleted = 0;
  const shorter = await organizationsWithShorterRetention(pool, payloadDaysOf(policy, null));
  let turns = shorter.map(({ orgId, days }) => ({
    orgId,
    before: cutoffOf(days, now)!,
    after: undefined as string | undefined,
  }));
  while (turns.length > 0) {
    const next: typeof turns = [];
    for (const turn of turns) {
      if (!isTime()) return deleted;
      const done = await deletePayloads(pool, turn.orgId, turn.before, chunk, turn.after);
      deleted += done.deleted;
      if (done.after !== undefined) next.push({ ...turn, after: done.after });
    }
    turns = next;
  }
  return deleted;
}
