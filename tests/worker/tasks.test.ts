/** Background tasks: usage stays exact, nothing old is kept for ever, and every worker may run them at once. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pino } from "pino";
import { pool } from "../../lib/db.ts";
import { newId } from "../../lib/ids.ts";
import { purgeIdempotencyKeys } from "../../lib/worker/tasks/idempotency-purge.ts";
import { ensurePartitions } from "../../lib/worker/tasks/partitions.ts";
import { foldUsage } from "../../lib/worker/tasks/usage-fold.ts";
import { startTasks, type TaskRunner } from "../../lib/worker/tasks/runner.ts";
import { createEngine, createEnvironment, createOrganization, type TestOrganization } from "../fixtures/factories.ts";
import { sql } from "../fixtures/database.ts";
import { until } from "../fixtures/processes.ts";
import { acceptRuns } from "./runs.ts";

const log = pino({ level: "silent" });
let org: TestOrganization;

beforeEach(async () => {
  await sql("truncate usage_delta, usage_day, idempotency_key");
  org = await createOrganization();
});

/** What a reader sees who adds both tables, as every reader does. */
async function usageOf(orgId: string): Promise<number> {
  const [row] = await sql<{ runs: number }>(
    `select ((select coalesce(sum(runs), 0) from usage_delta where org_id = $1)
       + (select coalesce(sum(runs), 0) from usage_day where org_id = $1))::int as runs`,
    [orgId],
  );
  return row!.runs;
}

const unfolded = async () => (await sql<{ n: number }>("select count(*)::int as n from usage_delta"))[0]!.n;

describe("folding usage", () => {
  test("adds up by environment, engine, key, source and day, and empties the deltas", async () => {
    const dev = await createEnvironment(org);
    const [a, b] = [await createEngine(org), await createEngine(org)];
    for (const [environment, engine, runs] of [
      [org.live, a, 2],
      [org.live, a, 3],
      [org.live, b, 5],
      [dev, a, 7],
    ] as const) {
      await acceptRuns(environment, engine, runs);
    }
    await sql("update usage_delta set day = day - 1 where runs = 3");
    expect(await foldUsage(pool())).toBe(4);
    expect(await unfolded()).toBe(0);
    const rows = await sql<{ runs: string }>("select runs from usage_day where org_id = $1 order by runs", [org.id]);
    expect(rows.map((row) => Number(row.runs))).toEqual([2, 3, 5, 7]);
    await acceptRuns(org.live, a, 4);
    await foldUsage(pool());
    const again = await sql<{ runs: string }>("select runs from usage_day where org_id = $1 order by runs", [org.id]);
    expect(again.map((row) => Number(row.runs))).toEqual([3, 5, 6, 7]);
  });

  test("four folds at a time while usage comes in: every reader always sees each run once", async () => {
    const engines = await Promise.all(Array.from({ length: 3 }, () => createEngine(org)));
    let accepted = 0;
    const accepting = new AbortController();
    const isComing = () => !accepting.signal.aborted;
    const seen: [number, number, number][] = [];
    async function accept(): Promise<void> {
      for (let n = 0; n < 60; n++) {
        await acceptRuns(org.live, engines[n % 3]!, 5);
        accepted += 5;
      }
    }
    async function fold(): Promise<void> {
      do await foldUsage(pool(), 7);
      while (isComing());
    }
    async function read(): Promise<void> {
      while (isComing()) {
        const before = accepted;
        const sum = await usageOf(org.id);
        // Three acceptances may be committed and not counted here yet.
        seen.push([before, sum, accepted + 15]);
      }
    }
    const accepters = Promise.all([accept(), accept(), accept()]).finally(() => accepting.abort());
    await Promise.all([accepters, fold(), fold(), fold(), fold(), read()]);
    expect(seen.length).toBeGreaterThan(10);
    expect(seen.filter(([least, sum, most]) => sum < least || sum > most)).toEqual([]);
    await foldUsage(pool());
    expect(await unfolded()).toBe(0);
    expect(await usageOf(org.id)).toBe(900);
  });

  test("a fold that is killed leaves what it had not committed", async () => {
    const engine = await createEngine(org);
    for (let n = 0; n < 10; n++) await acceptRuns(org.live, engine, 3);
    const client = await pool().connect();
    await client.query("begin");
    const folding = foldUsage({ query: client.query.bind(client) } as never);
    await folding;
    const [backend] = (await client.query<{ pid: number }>("select pg_backend_pid() as pid")).rows;
    const [other] = await Promise.all([usageOf(org.id), foldUsage(pool())]);
    expect(other).toBe(30);
    await sql("select pg_terminate_backend($1)", [backend!.pid]);
    client.release(true);
    await until("the rows to be free again", async () => (await foldUsage(pool())) > 0);
    expect(await usageOf(org.id)).toBe(30);
    expect(await unfolded()).toBe(0);
  });
});

describe("forgetting idempotency keys", () => {
  test("removes what is older than 24 hours, in chunks, and nothing else", async () => {
    await sql(
      `insert into idempotency_key (org_id, environment_id, key, request_hash, run_id, created_at)
       select $1, $2, 'key ' || n, '\\x00', $3, now() - n * interval '1 hour' from generate_series(1, 48) n`,
      [org.id, org.live.id, newId()],
    );
    expect(await purgeIdempotencyKeys(pool(), 10)).toBe(25);
    const rows = await sql<{ oldest: boolean }>(
      "select min(created_at) > now() - interval '24 hours' as oldest from idempotency_key",
    );
    expect(rows[0]!.oldest).toBe(true);
    expect(await sql("select from idempotency_key")).toHaveLength(23);
    expect(await purgeIdempotencyKeys(pool())).toBe(0);
  });
});

describe("partitions", () => {
  test("of this month and the next three stand, and making them again changes nothing", async () => {
    await ensurePartitions(pool());
    await ensurePartitions(pool());
    const [row] = await sql<{ n: number }>(
      `select count(*)::int as n from generate_series(0, 3) ahead, unnest(array['run', 'run_payload', 'run_tag']) as parent
       where to_regclass('nexio_partitions.' || parent || '_' || to_char(now() at time zone 'UTC' + ahead * interval '1 month', 'YYYY_MM')) is not null`,
    );
    expect(row!.n).toBe(12);
    const [run] = await sql<{ reloptions: string[] }>(
      `select reloptions from pg_class where oid = to_regclass('nexio_partitions.run_' || to_char(now() at time zone 'UTC' + interval '3 months', 'YYYY_MM'))`,
    );
    expect(run!.reloptions).toEqual(["fillfactor=80"]);
  });
});

describe("the runner", () => {
  let runners: TaskRunner[] = [];
  afterEach(async () => {
    await Promise.all(runners.map((runner) => runner.stop()));
    runners = [];
  });

  test("a task that is due every so often is run again and again, also after it failed, and stands in line once for all workers", async () => {
    let runs = 0;
    const tasks = {
      "test-often": {
        due: { everyMs: 50 },
        run: async () => {
          if (++runs === 2) throw new Error("failed on purpose");
          return { runs };
        },
      },
    };
    runners = [startTasks(pool(), log, tasks), startTasks(pool(), log, tasks)];
    await until("four runs", () => runs >= 4);
    await Promise.all(runners.map((runner) => runner.stop()));
    expect(await sql("select from graphile_worker.jobs where task_identifier = 'test-often'")).toHaveLength(1);
  });

  test("folds usage by itself", async () => {
    runners = [startTasks(pool(), log)];
    const engine = await createEngine(org);
    await acceptRuns(org.live, engine, 3);
    await until("usage to be folded", async () => (await unfolded()) === 0);
    expect(await usageOf(org.id)).toBe(3);
  });
});
