/** Retention: payloads go first, runs later, what has not ended never; and acceptance does not notice. */
import { beforeEach, describe, expect, test } from "vitest";
import { pool } from "../../lib/db.ts";
import { applyRetention, type RetentionOptions } from "../../lib/worker/tasks/retention.ts";
import { RETAINED_TABLES } from "../../lib/runs/partition-store.ts";
import type { RetentionPolicy } from "../../lib/runs/retention.ts";
import { sql } from "../fixtures/database.ts";
import { createEngine, createOrganization, type TestEngine, type TestOrganization } from "../fixtures/factories.ts";
import { until } from "../fixtures/processes.ts";
import { acceptRuns } from "./runs.ts";
import { makeMonths, monthsOf, remains, runAt } from "./retention-months.ts";

let org: TestOrganization;
let engine: TestEngine;

// Each test has a year of its own, and finds nothing of earlier ones.
let year = 2000;

beforeEach(async () => {
  year += 1;
  await sql("truncate run, run_payload, run_tag");
  await sql("update organization set payload_retention_days = null");
  await applyRetention(pool(), { payloadDays: 1, runDays: 1 }, new Date(`${year}-01-01T00:00:00Z`));
  org = await createOrganization();
  engine = await createEngine(org);
});

const at = (monthAndDay: string) => `${year}-${monthAndDay}T12:00:00Z`;
const retain = (policy: RetentionPolicy, now: string, options?: RetentionOptions) =>
  applyRetention(pool(), policy, new Date(now), {
    patience: { lockMs: 2_000, tries: 20, pauseMs: 20 },
    budgetMs: 60_000,
    ...options,
  });
const thisYears = (months: readonly string[]) => months.filter((month) => month.startsWith(`${year}`));
const setDays = (one: TestOrganization, days: number) =>
  sql("update organization set payload_retention_days = $2 where id = $1", [one.id, days]);
/** What retention has nothing to do with. */
const others = () =>
  sql(
    `select (select sum(runs)::int from usage_delta) as deltas, (select count(*)::int from usage_day) as days,
       (select count(*)::int from idempotency_key) as keys, (select count(*)::int from audit_event) as events`,
  );
/** Makes payloads so long that a block has few of them. */
const spreadPayloads = () => sql(`update run_payload set body = '{"input":"' || repeat('x', 1500) || '"}'`);
const FOR_EVER: RetentionPolicy = { payloadDays: null, runDays: null };

describe("the operator's policy", () => {
  test("drops months of payloads first and of runs later, each when all of the month is beyond", async () => {
    await makeMonths(at("01-01"), 4);
    const runs = [];
    for (const day of ["01-01", "01-31", "02-10", "03-10"]) runs.push(await runAt(at(day), org.live, engine));
    const policy = { payloadDays: 30, runDays: 90 };

    await retain(policy, at("03-02"));
    expect(await remains(runs)).toEqual(["run tag payload", "run tag payload", "run tag payload", "run tag payload"]);
    await retain(policy, `${year}-03-03T00:00:00Z`);
    expect(await remains(runs)).toEqual(["run tag", "run tag", "run tag payload", "run tag payload"]);
    expect(thisYears(await monthsOf("run_payload"))).toEqual([`${year}_02`, `${year}_03`, `${year}_04`]);
    expect(thisYears(await monthsOf("run"))).toHaveLength(4);

    await retain(policy, at("05-02"));
    expect(await remains(runs)).toEqual(["", "", "run tag", "run tag"]);
    for (const table of ["run", "run_tag"]) expect(thisYears(await monthsOf(table))).toHaveLength(3);
  });

  test("of nothing keeps everything, and without one for payloads these still go with their runs", async () => {
    await makeMonths(at("01-01"), 2);
    const run = await runAt(at("01-10"), org.live, engine);
    expect(await retain(FOR_EVER, at("12-31"))).toEqual({ dropped: 0, kept: 0, busy: 0, deleted: 0 });
    expect(await remains([run])).toEqual(["run tag payload"]);
    await retain({ payloadDays: null, runDays: 60 }, at("12-31"));
    expect(await remains([run])).toEqual([""]);
  });

  test.each(["PENDING", "RUNNING"] as const)(
    "keeps a month in which a run is %s until it has ended, with nothing but such runs",
    async (status) => {
      await makeMonths(at("01-01"), 2);
      const runs = [await runAt(at("01-10"), org.live, engine, status), await runAt(at("01-11"), org.live, engine)];
      const policy = { payloadDays: 1, runDays: 1 };
      // The months of webhooks go: no delivery is still to be made.
      expect(await retain(policy, at("02-10"))).toMatchObject({ dropped: 3, kept: 3, deleted: 4 });
      expect(await remains(runs)).toEqual(["run tag payload", ""]);
      await sql("update run set status = 'CANCELED' where id = $1", [runs[0]]);
      expect(await retain(policy, at("02-10"))).toMatchObject({ dropped: 3, kept: 0 });
      expect(await remains(runs)).toEqual(["", ""]);
    },
  );

  test("holds for everybody else's payloads of a month that one's unfinished run keeps, however often there is time for a chunk only", async () => {
    const other = await createOrganization();
    const theirs = await createEngine(other);
    await makeMonths(at("01-01"), 2);
    const unfinished = await runAt(at("01-02"), org.live, engine, "RUNNING");
    const ended: string[] = [];
    for (let n = 0; n < 30; n++) ended.push(await runAt(at("01-10"), other.live, theirs, "DEGRADED"));
    const later = await runAt(at("02-01"), other.live, theirs);
    await spreadPayloads();
    await sql(
      "update run set degradation_reason = '1 of 2 offerings could not be evaluated: Bad' where id = any ($1)",
      [ended],
    );
    const policy = { payloadDays: 30, runDays: null };
    expect(await retain(policy, `${year}-03-02T23:59:59Z`)).toMatchObject({ kept: 0, deleted: 0 });

    const beyond = `${year}-03-03T00:00:00Z`;
    await until("all but the run's own to go", async () => {
      expect(await retain(policy, beyond, { blocks: 1, budgetMs: 1 })).toMatchObject({ kept: 1 });
      return (await remains(ended)).every((has) => has === "run tag");
    });
    expect(await remains([unfinished, later])).toEqual(["run tag payload", "run tag payload"]);
    const quoting = await sql("select from run where degradation_reason like '%Bad%'");
    expect(quoting).toEqual([]);
    await sql("update run set status = 'COMPLETED', completed_at = now() where id = $1", [unfinished]);
    expect(await retain(policy, beyond)).toMatchObject({ dropped: 1, kept: 0 });
    expect(await remains([unfinished, later])).toEqual(["run tag", "run tag payload"]);
  });

  test("holds for rows that stand in DEFAULT partitions too, chunk by chunk", async () => {
    const days = Array.from({ length: 20 }, (_, n) => `01-${String(n + 1).padStart(2, "0")}`);
    const runs: string[] = [];
    for (const day of days) runs.push(await runAt(at(day), org.live, engine, day === "01-03" ? "PENDING" : "FAILED"));
    await spreadPayloads();
    await retain({ payloadDays: 30, runDays: 300 }, at("02-09"), { blocks: 1 });
    const left = await remains(runs);
    expect(left.map((has) => has.includes("payload"))).toEqual(days.map((day) => day === "01-03" || day >= "01-10"));
    expect(left.every((has) => has.startsWith("run tag"))).toBe(true);
    await retain({ payloadDays: 30, runDays: 60 }, at("12-31"), { blocks: 1 });
    expect(await remains(runs)).toEqual(days.map((day) => (day === "01-03" ? "run tag payload" : "")));
  });

  test("takes out of the reason of a degraded run what quotes its payloads, and leaves the number", async () => {
    await makeMonths(at("01-01"), 2);
    const runs: string[] = [];
    for (const day of ["01-10", "02-10"]) runs.push(await runAt(at(day), org.live, engine, "DEGRADED"));
    await sql(
      "update run set degradation_reason = '1 of 2 offerings could not be evaluated: Bad (3 is no text)' where id = any ($1)",
      [runs],
    );
    const reasons = async () =>
      (await sql("select degradation_reason as reason from run where id = any ($1) order by id", [runs])).map(
        ({ reason }) => reason,
      );
    await retain({ payloadDays: 1, runDays: null }, at("02-05"));
    const whole = "1 of 2 offerings could not be evaluated: Bad (3 is no text)";
    const short = "1 of 2 offerings could not be evaluated";
    expect(await reasons()).toEqual([short, whole]);
    await setDays(org, 5);
    await retain(FOR_EVER, at("02-20"), { chunk: 1 });
    expect(await reasons()).toEqual([short, short]);
  });

  test("changes nothing in usage, idempotency keys and audit", async () => {
    await makeMonths(at("01-01"), 1);
    const run = await runAt(at("01-10"), org.live, engine);
    await acceptRuns(org.live, engine, 3);
    await sql(
      `insert into idempotency_key (org_id, environment_id, key, request_hash, run_id) values ($1, $2, 'k', '\\x00', $3)`,
      [org.id, org.live.id, run],
    );
    const before = await others();
    await retain({ payloadDays: 1, runDays: 1 }, at("12-31"));
    expect(await remains([run])).toEqual([""]);
    expect(await others()).toEqual(before);
  });
});

describe("an organization's own retention of payloads", () => {
  test("removes its payloads to the day, oldest first, a chunk for each organization in turn, and nobody else's", async () => {
    const [other, third] = [await createOrganization(), await createOrganization()];
    await makeMonths(at("01-01"), 3);
    const runs: Record<string, string[]> = {};
    for (const one of [org, other, third]) {
      const own = one === org ? engine : await createEngine(one);
      runs[one.id] = [];
      for (const day of ["01-10", "01-20", "02-05", "02-20"]) runs[one.id]!.push(await runAt(at(day), one.live, own));
    }
    await setDays(org, 30);
    await setDays(other, 20);
    const policy = { payloadDays: 400, runDays: null };
    // One chunk of one run each, and no time for more.
    const { deleted } = await retain(policy, `${year}-03-01T00:00:00Z`, { chunk: 1 });
    expect(deleted).toBe(2 * 2 + 3 * 2);
    const kept = async (one: TestOrganization) => (await remains(runs[one.id]!)).map((has) => has.includes("payload"));
    expect(await kept(org)).toEqual([false, false, true, true]);
    expect(await kept(other)).toEqual([false, false, false, true]);
    expect(await kept(third)).toEqual([true, true, true, true]);
    expect(await remains(runs[org.id]!)).toEqual(["run tag", "run tag", "run tag payload", "run tag payload"]);
  });

  test("leaves what has not ended, and what the budget has no time for", async () => {
    await makeMonths(at("01-01"), 1);
    const runs = [
      await runAt(at("01-01"), org.live, engine, "RUNNING"),
      await runAt(at("01-02"), org.live, engine),
      await runAt(at("01-03"), org.live, engine, "PENDING"),
    ];
    await setDays(org, 1);
    expect(await retain(FOR_EVER, at("02-01"), { budgetMs: 0 })).toMatchObject({ deleted: 0 });
    expect(await retain(FOR_EVER, at("02-01"), { chunk: 1 })).toMatchObject({ deleted: 2 });
    expect(await remains(runs)).toEqual(["run tag payload", "run tag", "run tag payload"]);
  });
});

describe("beside the rest of the program", () => {
  test("months are dropped and made while runs are accepted, and none of these fails", async () => {
    await makeMonths(at("01-01"), 12);
    const accepting = new AbortController();
    let accepted = 0;
    async function accept(): Promise<void> {
      for (; !accepting.signal.aborted; accepted += 5) await acceptRuns(org.live, engine, 5);
    }
    const acceptors = [accept(), accept()];
    await until("runs to be accepted", () => accepted > 100);
    const { dropped } = await retain({ payloadDays: 1, runDays: 1 }, `${year + 1}-02-01T00:00:00Z`);
    accepting.abort();
    await Promise.all(acceptors);
    expect(dropped).toBeGreaterThanOrEqual(36);
    const [stand] = await sql<{ n: number }>("select count(*)::int as n from run where org_id = $1", [org.id]);
    expect(stand!.n).toBe(accepted);
  });

  test("a month that somebody reads for long is left alone, and those who come behind do not wait for it", async () => {
    await makeMonths(at("01-01"), 1);
    const reader = await pool().connect();
    await reader.query("begin");
    await reader.query("select count(*) from run");
    const retaining = retain({ payloadDays: null, runDays: 1 }, at("12-31"), {
      patience: { lockMs: 100, tries: 3, pauseMs: 10 },
    });
    // The reader reads on until this has been accepted.
    await acceptRuns(org.live, engine, 1);
    expect((await retaining).busy).toBeGreaterThan(0);
    expect(thisYears(await monthsOf("run"))).toHaveLength(1);
    await reader.query("commit");
    reader.release();
    await retain({ payloadDays: null, runDays: 1 }, at("12-31"));
    expect(thisYears(await monthsOf("run"))).toHaveLength(0);
  });

  test("one that is killed in the middle leaves no half of it, and two at once do the rest once", async () => {
    await makeMonths(at("01-01"), 6);
    const runs = [
      await runAt(at("01-10"), org.live, engine),
      await runAt(`${year - 1}-12-10T12:00:00Z`, org.live, engine),
    ];
    const policy = { payloadDays: 1, runDays: 1 };
    // It gets as far as the runs' months, which somebody reads.
    const reader = await pool().connect();
    await reader.query("begin");
    await reader.query("select from run limit 1");
    const killed = retain(policy, at("12-31"), { patience: { lockMs: 60_000, tries: 1, pauseMs: 0 } });
    const outcome = killed.then(
      () => "done",
      () => "killed",
    );
    const waiting = await until("it to wait for the lock", async () => {
      const [waiter] = await sql<{ pid: number }>(
        "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      return waiter?.pid;
    });
    await sql("select pg_terminate_backend($1)", [waiting]);
    expect(await outcome).toBe("killed");
    await reader.query("commit");
    reader.release();
    expect(thisYears(await monthsOf("run"))).toHaveLength(6);
    expect(thisYears(await monthsOf("run_payload"))).toEqual([]);
    expect(await remains(runs)).toEqual(["run", "run tag payload"]);

    const both = await Promise.all([
      retain(policy, at("12-31"), { chunk: 1 }),
      retain(policy, at("12-31"), { chunk: 1 }),
    ]);
    expect(both.map(({ busy, kept }) => busy + kept)).toEqual([0, 0]);
    expect(await remains(runs)).toEqual(["", ""]);
    for (const table of ["run", "run_tag", "run_payload"]) expect(thisYears(await monthsOf(table))).toEqual([]);
    const detached =
      "select from pg_class where relnamespace = 'nexio_partitions'::regnamespace and relkind = 'r' and not relispartition";
    expect(await sql(detached)).toEqual([]);
  });
});

test("retention looks after every table that has months", async () => {
  const rows = await sql<{ name: string }>("select partrelid::regclass::text as name from pg_partitioned_table");
  expect(new Set(rows.map(({ name }) => name))).toEqual(new Set(RETAINED_TABLES));
});
