/**
 * The sweep: every few seconds each worker looks for what nobody looks after. Runs whose lease has lapsed are taken over, those whose
 * callback did not come in time are failed, and an environment that has had a run waiting for a while without a ready mark gets one. Any number of workers may sweep at once.
 *
 * A run is taken over when two looks in a row have found its lease lapsed. While PostgreSQL is away everybody's leases lapse, and when it is back
 * those who live renew theirs sooner than anybody has looked twice: a lapsed lease that one look finds says nothing, a second one says that its
 * worker is dead. A look that fails makes the next one the first again.
 */
import type { Pool } from "pg";
import { EFFECTIVE_CONCURRENCY } from "../limits/concurrency.ts";
import { failedHttpRun } from "../engines/http-answer.ts";
import { runError } from "../engines/run-errors.ts";
import { completeRuns } from "../hot-path/complete.ts";
import { closeCallbacks, listExpiredCallbacks } from "../runs/callback-store.ts";
import { wakeWorkers } from "../wake.ts";
import { listLapsedRuns, takeOverRuns } from "./leases.ts";

/** More than a worker holds, so that all that one leaves behind is taken over at once. */
const MAX_LISTED = 10_000;
const TAKEN_OVER_AT_A_TIME = 2_000;
const MAX_EXPIRED = 2_000;
const ENVIRONMENTS_PER_LOOK = 2_000;
/** A run may wait this long before a missing mark is missed: acceptance and settlement are transactions of milliseconds. */
const STRANDED_AFTER_MS = 5_000;

// One probe of the index of waiting runs an environment. Colocated by org_id, so that it also runs on distributed tables.
const LIST_STRANDED = `
with looked_at as (
  select org_id, id, kind, deleted_at, concurrency_limit, concurrency_ceiling
  from environment where (org_id, id) > ($1, $2) order by org_id, id limit $3
)
select org_id, id as environment_id, kind = 'live' as is_live,
  e.deleted_at is null
  and not exists (select 1 from ready_environment mark where mark.org_id = e.org_id and mark.environment_id = e.id)
  and exists (
    select 1 from run
    where run.org_id = e.org_id and run.environment_id = e.id and run.status = 'PENDING'
      and run.created_at < now() - $4 * interval '1 millisecond'
  )
  -- one that is full is left to what ends a run there
  and coalesce((select ${EFFECTIVE_CONCURRENCY} from organization o where o.id = e.org_id) > (
    select count(*) from run where run.org_id = e.org_id and run.environment_id = e.id and run.status = 'RUNNING'
  ), true) as stranded
from looked_at e order by org_id, id`;

const MARK = `
insert into ready_environment (org_id, environment_id, is_live) values ($1, $2, $3)
on conflict (org_id, environment_id) do nothing`;

/** `expired`: failed because their callbacks did not come in time. */
export type SweepResult = { requeued: number; failed: number; marked: number; expired: number };

export type Sweeper = { sweep(): Promise<SweepResult> };

type LookedAt = { org_id: string; environment_id: string; is_live: boolean; stranded: boolean };

const CALLBACK_EXPIRED = failedHttpRun(runError("engine_callback_expired"));

const BEFORE_ALL = "00000000-0000-0000-0000-000000000000";

/**
 * A sweeper remembers which leases it has found lapsed, and how far it has looked, so that an installation with very many environments is looked
 * through in parts. Between two looks every living worker must have had the time to renew its leases.
 */
export function createSweeper(pool: Pool, { strandedAfterMs = STRANDED_AFTER_MS } = {}): Sweeper {
  let after = [BEFORE_ALL, BEFORE_ALL];

  async function markStranded(): Promise<number> {
    const { rows } = await pool.query<LookedAt>({
      name: "list-stranded-environments",
      text: LIST_STRANDED,
      values: [...after, ENVIRONMENTS_PER_LOOK, strandedAfterMs],
    });
    const last = rows.at(-1);
    after =
      last && rows.length === ENVIRONMENTS_PER_LOOK ? [last.org_id, last.environment_id] : [BEFORE_ALL, BEFORE_ALL];
    let marked = 0;
    for (const row of rows) {
      if (!row.stranded) continue;
      const { rowCount } = await pool.query(MARK, [row.org_id, row.environment_id, row.is_live]);
      marked += rowCount ?? 0;
    }
    return marked;
  }

  async function expireCallbacks(): Promise<number> {
    let expired = 0;
    for (const [orgId, calls] of await listExpiredCallbacks(pool, MAX_EXPIRED)) {
      const results = calls.map((call) => ({ ...call, ...CALLBACK_EXPIRED }));
      // Fenced like any result: a run that its callback has ended meanwhile keeps what it has.
      const { recorded, isQueued } = await completeRuns(pool, orgId, results);
      expired += recorded.size;
      if (isQueued) wakeWorkers();
      await closeCallbacks(pool, orgId, calls);
    }
    return expired;
  }

  let lapsedBefore: ReadonlySet<string> = new Set();

  async function takeOver(foundBefore: ReadonlySet<string>): Promise<{ requeued: number; failed: number }> {
    const sum = { requeued: 0, failed: 0 };
    const lapsed = await listLapsedRuns(pool, MAX_LISTED);
    for (const [orgId, runIds] of lapsed) {
      const abandoned = runIds.filter((id) => foundBefore.has(id));
      for (let n = 0; n < abandoned.length; n += TAKEN_OVER_AT_A_TIME) {
        const taken = await takeOverRuns(pool, orgId, abandoned.slice(n, n + TAKEN_OVER_AT_A_TIME));
        sum.requeued += taken.requeued;
        sum.failed += taken.failed;
      }
    }
    lapsedBefore = new Set([...lapsed.values()].flat());
    return sum;
  }

  return {
    async sweep() {
      const foundBefore = lapsedBefore;
      lapsedBefore = new Set();
      const expired = await expireCallbacks();
      const marked = await markStranded();
      return { ...(await takeOver(foundBefore)), marked, expired };
    },
  };
}
