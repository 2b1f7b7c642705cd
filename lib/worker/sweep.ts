/**
 * The sweep: every few seconds each worker looks for what nobody looks after. Runs whose lease has lapsed are taken over, those whose
 * callback did not come in time are failed, and an environment that has had a run waiting for a while without a ready mark gets one. Any number of workers may sweep at once.
 *
 * A run is taken over when two looks in a row have found its lease lapsed. While PostgreSQL is away everybody's leases lapse, and when it is back
 * those who live renew theirs sooner than anybody has looked twice: a lapsed lease that one look finds says nothing, a second one says that its
 * worker is dead. A look that fails makes the next one the first again.
 *
 * Each of these duties fails on its own, and within one each organization does: a row that somebody keeps locked, or that PostgreSQL refuses, keeps
 * nobody else's runs waiting.
 */
import type { Logger } from "pino";
import type { Pool } from "pg";
import { EFFECTIVE_CONCURRENCY } from "../limits/concurrency.ts";
import { failedHttpRun } from "../engines/http-answer.ts";
import { runError } from "../engines/run-errors.ts";
import { completeRuns } from "../hot-path/complete.ts";
import { loggerFor } from "../logger.ts";
import { closeCallbacks, listExpiredCallbacks } from "../runs/callback-store.ts";
import { wakeWorkers } from "../wake.ts";
import { isAboutRows } from "./database.ts";
import { forEachOrganization } from "./each-organization.ts";
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

/** `expired`: failed because their callbacks did not come in time. `broken`: duties that failed, wholly or for some. */
export type SweepResult = { requeued: number; failed: number; marked: number; expired: number; broken: number };

/** A sweep never rejects: what fails is logged, once for a row of failures of one duty, and tried again by the next. */
export type Sweeper = { sweep(): Promise<SweepResult> };

export type SweeperOptions = { strandedAfterMs?: number; log?: Logger };

type LookedAt = { org_id: string; environment_id: string; is_live: boolean; stranded: boolean };

const CALLBACK_EXPIRED = failedHttpRun(runError("engine_callback_expired"));

const BEFORE_ALL = "00000000-0000-0000-0000-000000000000";

/**
 * A sweeper remembers which leases it has found lapsed, and how far it has looked, so that an installation with very many environments is looked
 * through in parts. Between two looks every living worker must have had the time to renew its leases.
 */
export function createSweeper(
  pool: Pool,
  { strandedAfterMs = STRANDED_AFTER_MS, log = loggerFor("sweep") }: SweeperOptions = {},
): Sweeper {
  let after = [BEFORE_ALL, BEFORE_ALL];

  async function markStranded(found: SweepResult): Promise<void> {
    const { rows } = await pool.query<LookedAt>({
      name: "list-stranded-environments",
      text: LIST_STRANDED,
      values: [...after, ENVIRONMENTS_PER_LOOK, strandedAfterMs],
    });
    const last = rows.at(-1);
    after =
      last && rows.length === ENVIRONMENTS_PER_LOOK ? [last.org_id, last.environment_id] : [BEFORE_ALL, BEFORE_ALL];
    const stranded = rows.filter((row) => row.stranded);
    await forEachOrganization(
      Map.groupBy(stranded, (row) => row.org_id),
      async (orgId, environments) => {
        for (const { environment_id: environmentId, is_live: isLive } of environments) {
          const { rowCount } = await pool.query(MARK, [orgId, environmentId, isLive]);
          found.marked += rowCount ?? 0;
        }
      },
    );
  }

  async function expireCallbacks(found: SweepResult): Promise<void> {
    await forEachOrganization(await listExpiredCallbacks(pool, MAX_EXPIRED), async (orgId, calls) => {
      const results = calls.map((call) => ({ ...call, ...CALLBACK_EXPIRED }));
      // Fenced like any result: a run that its callback has ended meanwhile keeps what it has.
      const { recorded, isQueued } = await completeRuns(pool, orgId, results);
      found.expired += recorded.size;
      if (isQueued) wakeWorkers();
      await closeCallbacks(pool, orgId, calls);
    });
  }

  let lapsedBefore: ReadonlySet<string> = new Set();

  async function takeOver(found: SweepResult): Promise<void> {
    const foundBefore = lapsedBefore;
    lapsedBefore = new Set();
    const lapsed = await listLapsedRuns(pool, MAX_LISTED);
    const take = async (orgId: string, runIds: readonly string[]) => {
      const abandoned = runIds.filter((id) => foundBefore.has(id));
      for (let n = 0; n < abandoned.length; n += TAKEN_OVER_AT_A_TIME) {
        const taken = await takeOverRuns(pool, orgId, abandoned.slice(n, n + TAKEN_OVER_AT_A_TIME));
        found.requeued += taken.requeued;
        found.failed += taken.failed;
      }
    };
    const keep = () => (lapsedBefore = new Set([...lapsed.values()].flat()));
    // Those that PostgreSQL refuses to take over have been looked at all the same; while it is away, nobody has.
    await forEachOrganization(lapsed, take).then(keep, (error: unknown) => {
      if (isAboutRows(error)) keep();
      throw error;
    });
  }

  const duties = {
    "taking over lapsed runs": takeOver,
    "expiring callbacks": expireCallbacks,
    "marking environments": markStranded,
  };
  const failing = new Set<string>();

  async function attempt(duty: string, work: (found: SweepResult) => Promise<void>, found: SweepResult): Promise<void> {
    try {
      await work(found);
      if (failing.delete(duty)) log.info(`the sweep: ${duty} works again`);
    } catch (error) {
      found.broken++;
      if (!failing.has(duty)) log.warn({ err: error }, `the sweep: ${duty} failed; trying again`);
      failing.add(duty);
    }
  }

  return {
    async sweep() {
      const found = { requeued: 0, failed: 0, marked: 0, expired: 0, broken: 0 };
      for (const [duty, work] of Object.entries(duties)) await attempt(duty, work, found);
      return found;
    },
  };
}
