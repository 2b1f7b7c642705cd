/** What was accepted while its environment was deleted is canceled and never executed. */
import { expect, it } from "vitest";
import { pool } from "../../lib/db.ts";
import { cancelPendingRunsOfDeletedEnvironments } from "../../lib/environments/tasks.ts";
import { claimRuns } from "../../lib/hot-path/claim.ts";
import { newId } from "../../lib/ids.ts";
import { createSweeper } from "../../lib/worker/sweep.ts";
import { TASKS } from "../../lib/worker/tasks/catalog.ts";
import { sql } from "../fixtures/database.ts";
import { createEngine, createEnvironment, createOrganization, createRun } from "../fixtures/factories.ts";

it("is neither claimed nor marked again, and ends CANCELED by the task that every worker runs", async () => {
  const organization = await createOrganization();
  const dev = await createEnvironment(organization, "dev");
  const engine = await createEngine(organization);
  const runId = await createRun(dev, engine);
  const request = {
    orgId: organization.id,
    environmentId: dev.id,
    leaseId: newId(),
    leaseMs: 30_000,
    limit: 10,
    maxInputBytes: 1_000_000,
  };
  await sql("update environment set deleted_at = now() where id = $1", [dev.id]);
  expect(await claimRuns(pool(), request)).toEqual({ runs: [], more: false });

  const sweeper = createSweeper(pool(), { strandedAfterMs: -1_000 });
  expect(await sweeper.sweep()).toMatchObject({ marked: 0 });
  expect(Object.keys(TASKS)).toContain("deleted-environments");
  expect(await cancelPendingRunsOfDeletedEnvironments()).toBe(1);
  expect(await sql("select status from run where id = $1", [runId])).toEqual([{ status: "CANCELED" }]);

  // The same run of an environment that lives is marked and claimed: it was the deletion that kept it.
  const other = await createEnvironment(organization, "other");
  const claimable = await createRun(other, engine);
  expect(await sweeper.sweep()).toMatchObject({ marked: 1 });
  const { runs } = await claimRuns(pool(), { ...request, environmentId: other.id });
  expect(runs.map((run) => run.runId)).toEqual([claimable]);
});
