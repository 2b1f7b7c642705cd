/** Handing back: what PostgreSQL refuses for one organization is tried again after a pause, and keeps no other's runs. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { pino } from "pino";
import { claimRuns } from "../../lib/hot-path/claim.ts";
import { newId } from "../../lib/ids.ts";
import { openWorkerPools, type WorkerPools } from "../../lib/worker/database.ts";
import type { HeldRun } from "../../lib/worker/held-runs.ts";
import { createReturner } from "../../lib/worker/returner.ts";
import { sql } from "../fixtures/database.ts";
import { createEngine, createOrganization } from "../fixtures/factories.ts";
import { until } from "../fixtures/processes.ts";
import { acceptRuns, runStates } from "./runs.ts";

let pools: WorkerPools;
beforeAll(() => {
  pools = openWorkerPools();
});
afterAll(() => pools.close());

/** A run of an organization of its own, claimed. */
async function heldRun(): Promise<HeldRun> {
  const org = await createOrganization();
  await acceptRuns(org.live, await createEngine(org), 1);
  const scope = { orgId: org.id, environmentId: org.live.id };
  const leaseId = newId();
  const claim = await claimRuns(pools.claim, { ...scope, leaseId, leaseMs: 60_000, limit: 1, maxInputBytes: 1 });
  return { ...scope, runId: claim.runs[0]!.runId, leaseId, inputBytes: 1, leasedAtMs: 0 };
}

test("runs that cannot be handed back are said once, and tried until they can be; others go at once", async () => {
  const [refused, other] = [await heldRun(), await heldRun()];
  await sql("create sequence refusals");
  await sql(`create function refuse() returns trigger language plpgsql as $$
    begin perform nextval('refusals'); raise 'refused'; end $$`);
  await sql(
    `create trigger refuse before update on run for each row when (old.id = '${refused.runId}') execute function refuse()`,
  );
  const said: string[] = [];
  const returned: string[] = [];
  const log = pino({}, { write: (text: string) => void said.push(text) });
  const returner = createReturner(pools.record, log, (run) => void returned.push(run.runId));
  returner.add(refused);
  returner.add(other);
  await until("the refused one to be tried several times", async () => {
    const [row] = await sql<{ times: number }>("select last_value::int as times from refusals");
    return row!.times >= 4;
  });
  expect(returned).toEqual([other.runId]);
  expect(said).toHaveLength(1);
  await sql("drop function refuse cascade");
  await returner.drained();
  expect(returned).toEqual([other.runId, refused.runId]);
  const states = await runStates([refused.runId, other.runId]);
  expect(states.map(({ status, takeovers }) => [status, takeovers])).toEqual([
    ["PENDING", 0],
    ["PENDING", 0],
  ]);
});
