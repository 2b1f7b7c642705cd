/**
 * Retention: what is beyond the policy goes, payloads first, runs later, and never a run that has not ended. Usage, statements, idempotency
 * keys and audit are other tables, which this does not touch.
 *
 * Whole months are dropped. Deleted in small chunks is what stands in DEFAULT partitions, what else is in a month that has runs which have not
 * ended, and the payloads of organizations that keep them for less; these take turns. It works for two seconds at a time and goes on from what
 * stands there the next time, so that it may be killed anywhere and run beside itself.
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
  defaultLeaf,
  deleteFromLeaf,
  deletePayloads,
  type Leaf,
  organizationsWithShorterRetention,
  shortenReasonsOf,
} from "../../runs/retention-store.ts";

const BUDGET_MS = 2_000;
const CHUNK = 1_000;
/** Half a megabyte: some hundreds or thousands of rows. */
const BLOCKS = 64;

const log = loggerFor("retention");

export type RetentionOptions = {
  /** For how long chunks are begun, in milliseconds. */
  budgetMs?: number;
  /** Runs of an organization whose payloads one chunk deletes. */
  chunk?: number;
  /** Blocks of a partition that one chunk looks through. */
  blocks?: number;
  patience?: LockPatience;
};

/**
 * `dropped` months and `kept` ones that are beyond but have runs which have not ended: of these the rest goes row by row. `busy` ones could not be
 * locked. `deleted` rows.
 */
export type Retained = { dropped: number; kept: number; busy: number; deleted: number };

type Cutoffs = Record<RetainedTable, Date | null>;

/**
 * Removes what is beyond the policy at `now`. Returns what it did; what is left over when the budget is used up is for the next time.
 */
export async function applyRetention(
  pool: Pool,
  policy: RetentionPolicy,
  now: Date,
  { budgetMs = BUDGET_MS, chunk = CHUNK, blocks = BLOCKS, patience }: RetentionOptions = {},
): Promise<Retained> {
  const { payloadsBefore, runsBefore } = cutoffsOf(policy, now);
  const cutoffs: Cutoffs = { run_payload: payloadsBefore, run_tag: runsBefore, run: runsBefore };
  const { kept, ...months } = await dropMonths(pool, cutoffs, patience);
  const turns = [
    ...[...RETAINED_TABLES.map(defaultLeaf), ...kept].flatMap((leaf) => leafTurn(pool, leaf, cutoffs, blocks)),
    ...(await organizationTurns(pool, policy, now, chunk)),
  ];
  const until = performance.now() + budgetMs;
  return { ...months, kept: kept.length, deleted: await takeTurns(turns, () => performance.now() < until) };
}

// Logged once a process, not every time.
const told = new Set<string>();

function tellKept({ name }: Month): void {
  if (told.has(name)) return;
  told.add(name);
  log.warn(
    { month: name },
    "a month is beyond retention, and has runs which have not ended: what else is in it goes row by row",
  );
}

async function dropMonths(
  pool: Pool,
  cutoffs: Cutoffs,
  patience: LockPatience | undefined,
): Promise<{ dropped: number; busy: number; kept: Month[] }> {
  const result = { dropped: 0, busy: 0, kept: [] as Month[] };
  const months = await listMonths(pool);
  for (const table of RETAINED_TABLES) {
    const cutoff = cutoffs[table];
    if (cutoff === null) continue;
    const floor = idFloor(cutoff.getTime());
    for (const month of months.filter((one) => one.table === table && one.toId <= floor)) {
      const outcome = await dropOne(pool, month, patience);
      if (outcome === "kept") result.kept.push(month);
      else result[outcome] += 1;
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

/** Something that is deleted a chunk at a time, until nothing is left of it. */
type Turn = () => Promise<{ deleted: number; more: boolean }>;

/** A chunk each in turn, so that the many of one do not keep the few of another. Returns how many rows went. */
async function takeTurns(turns: readonly Turn[], isTime: () => boolean): Promise<number> {
  let deleted = 0;
  for (let open = turns; open.length > 0;) {
    const next: Turn[] = [];
    for (const turn of open) {
      if (!isTime()) return deleted;
      const done = await turn();
      deleted += done.deleted;
      if (done.more) next.push(turn);
    }
    open = next;
  }
  return deleted;
}

/** How far a leaf was looked through when the budget was used up. A hint: whoever does not know begins at its beginning. */
const lookedThrough = new Map<string, number>();

function leafTurn(pool: Pool, leaf: Leaf, cutoffs: Cutoffs, blocks: number): Turn[] {
  const before = cutoffs[leaf.table];
  if (before === null) return [];
  const turn: Turn = async () => {
    const { after, deleted } = await deleteFromLeaf(pool, leaf, before, blocks, lookedThrough.get(leaf.name));
    if (after === undefined) lookedThrough.delete(leaf.name);
    else lookedThrough.set(leaf.name, after);
    return { deleted, more: after !== undefined };
  };
  return [turn];
}

/** Organizations that keep payloads for less. */
async function organizationTurns(pool: Pool, policy: RetentionPolicy, now: Date, chunk: number): Promise<Turn[]> {
  const shorter = await organizationsWithShorterRetention(pool, payloadDaysOf(policy, null));
  return shorter.map(({ orgId, days }) => {
    const before = cutoffOf(days, now)!;
    let place: string | undefined;
    return async () => {
      const { after, deleted } = await deletePayloads(pool, orgId, before, chunk, place);
      place = after;
      return { deleted, more: after !== undefined };
    };
  });
}
