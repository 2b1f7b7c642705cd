/** Months are made ahead, and mended where nobody made them, beside acceptance. */
import { pino } from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import { pool } from "../../lib/db.ts";
import { RETAINED_TABLES } from "../../lib/runs/partition-store.ts";
import { ensurePartitions } from "../../lib/worker/tasks/partitions.ts";
import { startTasks } from "../../lib/worker/tasks/runner.ts";
import { sql } from "../fixtures/database.ts";
import { createEngine, createOrganization, type TestEngine, type TestOrganization } from "../fixtures/factories.ts";
import { until } from "../fixtures/processes.ts";
import { monthsOf, remains, runAt } from "./retention-months.ts";
import { acceptRuns } from "./runs.ts";

let org: TestOrganization;
let engine: TestEngine;

beforeEach(async () => {
  org = await createOrganization();
  engine = await createEngine(org);
});

/** The partition that a run stands in. */
async function placeOf(id: string): Promise<string> {
  const [row] = await sql<{ place: string }>("select tableoid::regclass::text as place from run where id = $1", [id]);
  return row!.place;
}

const patience = { lockMs: 100, tries: 50, pauseMs: 5 };

describe("partitions", () => {
  test("of a month and the next three are made once, by however many at once, each stored and indexed as its table is", async () => {
    const now = new Date("2031-11-15T00:00:00Z");
    const made = await Promise.all([1, 2, 3].map(() => ensurePartitions(pool(), now, patience)));
    expect(made.reduce((sum, one) => sum + one, 0)).toBe(4 * RETAINED_TABLES.length);
    expect(await ensurePartitions(pool(), now)).toBe(0);
    for (const table of RETAINED_TABLES) {
      const months = (await monthsOf(table)).filter((month) => /^203[12]/.test(month));
      expect(months).toEqual(["2031_11", "2031_12", "2032_01", "2032_02"]);
      const shapes = await sql(
        `select distinct reloptions, (select count(*)::int from pg_index where indrelid = pg_class.oid) as indexes
         from pg_class where relname in ($1 || '_default', $1 || '_2031_12')`,
        [table],
      );
      expect(shapes).toHaveLength(1);
    }
  });

  test("of a month whose rows stand in DEFAULT begin behind them: all are found, and new ones have their place", async () => {
    const before = await runAt("2033-03-05T08:00:00Z", org.live, engine);
    expect(await ensurePartitions(pool(), new Date("2033-03-10T00:00:00Z"))).toBe(4 * RETAINED_TABLES.length);
    const after = await runAt("2033-03-11T08:00:00Z", org.live, engine);
    expect([await placeOf(before), await placeOf(after)]).toEqual([
      "nexio_partitions.run_default",
      "nexio_partitions.run_2033_03",
    ]);
    expect(await remains([before, after])).toEqual(["run tag payload", "run tag payload"]);
  });

  test("are not made for a month that is as good as over, which is told and stops nobody", async () => {
    await runAt("2034-03-31T23:59:59.999Z", org.live, engine);
    // The run has rows in three tables.
    expect(await ensurePartitions(pool(), new Date("2034-03-10T00:00:00Z"))).toBe(4 * RETAINED_TABLES.length - 3);
    const late = await runAt("2034-03-20T00:00:00Z", org.live, engine);
    expect(await placeOf(late)).toBe("nexio_partitions.run_default");
  });

  test("of the month that has begun are made while runs are accepted into DEFAULT: none fails", async () => {
    const month = new Date().toISOString().slice(0, 7).replace("-", "_");
    for (const table of RETAINED_TABLES) await sql(`drop table if exists nexio_partitions.${table}_${month}`);
    const accepting = new AbortController();
    const accepted: string[] = [];
    async function accept(): Promise<void> {
      while (!accepting.signal.aborted) accepted.push(...(await acceptRuns(org.live, engine, 3)));
    }
    const acceptors = [accept(), accept(), accept()];
    await until("runs to stand in DEFAULT", () => accepted.length > 30);
    expect(await placeOf(accepted[0]!)).toBe("nexio_partitions.run_default");
    expect(await ensurePartitions(pool(), new Date(), patience)).toBe(RETAINED_TABLES.length);
    const since = accepted.length;
    await until("more runs", () => accepted.length > since + 30);
    accepting.abort();
    await Promise.all(acceptors);
    expect(await placeOf(accepted.at(-1)!)).toBe(`nexio_partitions.run_${month}`);
    const [found] = await sql<{ n: number }>("select count(*)::int as n from run where id = any ($1)", [accepted]);
    expect(found!.n).toBe(accepted.length);
  });

  test("that are missing are made by every worker that starts", async () => {
    const [next] = await sql<{ month: string }>(
      "select to_char(now() at time zone 'UTC' + interval '1 month', 'YYYY_MM') as month",
    );
    for (const table of RETAINED_TABLES) await sql(`drop table nexio_partitions.${table}_${next!.month}`);
    const runner = startTasks(pool(), pino({ level: "silent" }));
    try {
      for (const table of RETAINED_TABLES) {
        await until(`the month of ${table}`, async () => (await monthsOf(table)).includes(next!.month));
      }
    } finally {
      await runner.stop();
    }
  });

  test("that cannot be locked are left to the next time, and acceptance does not wait for them", async () => {
    const reader = await pool().connect();
    await reader.query("begin");
    await reader.query("select from run limit 1");
    const now = new Date("2035-05-05T00:00:00Z");
    expect(await ensurePartitions(pool(), now, { lockMs: 50, tries: 2, pauseMs: 5 })).toBeLessThan(
      4 * RETAINED_TABLES.length,
    );
    await acceptRuns(org.live, engine, 1);
    await reader.query("commit");
    reader.release();
    await ensurePartitions(pool(), now);
    expect((await monthsOf("run")).filter((month) => month.startsWith("2035"))).toHaveLength(4);
  });
});
