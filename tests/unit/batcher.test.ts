/** Requests become batches on real connections to PostgreSQL, and what goes wrong hits those whom it concerns. */
import { afterEach, describe, expect, test } from "vitest";
import { isApiError } from "../../lib/errors.ts";
import { BatchConnection } from "../../lib/hot-path/batch-connection.ts";
import { Batcher, type BatchItem, MIN_BATCH_BESIDE } from "../../lib/hot-path/batcher.ts";
import { MAX_BATCH, MAX_BATCH_BYTES, MAX_WAITING, MAX_WAITING_BYTES } from "../../lib/hot-path/waiting.ts";
import { sql } from "../fixtures/database.ts";
import { closeGate, PASS_GATE, passGateIf } from "../fixtures/gate.ts";
import { until } from "../fixtures/processes.ts";

type Item = BatchItem & { text: string; resolve(value: number): void };
type Run = { size: number; again: boolean };

const batchers: Batcher<BatchConnection, Item>[] = [];
afterEach(() => Promise.all(batchers.splice(0).map((batcher) => batcher.close())));

/** A batcher whose statement reads each item's text as a number; what is no number breaks it as bad data does (22P02). */
function numberReader(connections = 1, statement = "select unnest($1::text[])::int", maxWaitBesideMs?: number) {
  const runs: Run[] = [];
  const batcher = new Batcher<BatchConnection, Item>(
    Array.from({ length: connections }, (_, n) => new BatchConnection(`test-${n}`)),
    async (connection, items, again) => {
      runs.push({ size: items.length, again });
      const { rows } = await connection.query<[number]>({
        text: statement,
        values: [items.map((item) => item.text)],
        rowMode: "array",
      });
      for (const [index, item] of items.entries()) item.resolve(rows[index]![0]);
    },
    maxWaitBesideMs === undefined ? {} : { maxWaitBesideMs },
  );
  batchers.push(batcher);
  const ask = (text: string, bytes = 1) =>
    new Promise<number>((resolve, reject) => batcher.add({ text, bytes, resolve, reject }));
  return { ask, runs, batcher };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

const codeOf = (error: unknown) => (isApiError(error) ? error.code : String(error));

const kill = (name: string) =>
  sql(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like $1",
    [`nexio-%-${name}`],
  );

describe("batches", () => {
  test("what comes in one turn goes together, up to 500", async () => {
    const { ask, runs } = numberReader();
    await ask("1");
    runs.length = 0;
    const answers = await Promise.all(Array.from({ length: 1_200 }, (_, n) => ask(String(n))));
    expect(answers).toEqual(Array.from({ length: 1_200 }, (_, n) => n));
    expect(runs.map((run) => run.size)).toEqual([MAX_BATCH, MAX_BATCH, 200]);
  });

  test("at most 4 MiB go together, and what is larger alone goes alone", async () => {
    const { ask, runs } = numberReader();
    await ask("1");
    runs.length = 0;
    const half = MAX_BATCH_BYTES / 2;
    await Promise.all([ask("1", half), ask("2", half), ask("3", half), ask("4", MAX_BATCH_BYTES + 1), ask("5")]);
    expect(runs.map((run) => run.size)).toEqual([2, 1, 1, 1]);
  });

  test("a request that comes alone goes alone and at once", async () => {
    const { ask, runs } = numberReader(2);
    await Promise.all([ask("1"), ask("2")]);
    runs.length = 0;
    expect(await ask("7")).toBe(7);
    expect(runs).toEqual([{ size: 1, again: false }]);
  });

  test("a crowd that comes while a batch is under way goes beside it, a few wait for it", async () => {
    const { ask, runs } = numberReader(2, `select unnest($1::text[])::int from ${PASS_GATE}`, 600_000);
    await Promise.all([ask("1"), ask("2")]);
    runs.length = 0;
    const gate = await closeGate();
    const first = ask("1");
    await gate.reached();
    const few = [ask("2"), ask("3")];
    await nextTurn();
    const crowd = Array.from({ length: MIN_BATCH_BESIDE }, (_, n) => ask(String(n)));
    await until("the crowd to go", () => runs.length === 2);
    await gate.open();
    await Promise.all([first, ...few, ...crowd]);
    expect(runs.map((run) => run.size)).toEqual([1, MIN_BATCH_BESIDE + 2]);
  });

  test("a single request does not wait for a batch that stands behind a lock", async () => {
    const { ask } = numberReader(2, `select t::int from unnest($1::text[]) t, ${passGateIf("t = '9'")}`);
    await Promise.all([ask("1"), ask("2")]);
    const gate = await closeGate();
    const behind = ask("9");
    await gate.reached();
    expect(await ask("5")).toBe(5);
    await gate.open();
    expect(await behind).toBe(9);
  });
});

describe("limits", () => {
  test("more than 5,000 waiting are refused as overloaded, with a time to come back", async () => {
    const { ask } = numberReader(1);
    await ask("1");
    const asked = Array.from({ length: MAX_WAITING + 3 }, (_, n) => ask(String(n)));
    const results = await Promise.allSettled(asked);
    const refused = results.filter((result) => result.status === "rejected");
    expect(refused.map((result) => codeOf(result.reason))).toEqual(["overloaded", "overloaded", "overloaded"]);
    expect(refused[0]!.reason).toMatchObject({ status: 503, retryAfterSeconds: 1 });
  });
});

describe("bytes that wait", () => {
  test("more than 96 MiB are refused as overloaded; what has gone makes room, and what is larger alone waits alone", async () => {
    const { ask } = numberReader(1);
    await ask("1");
    const half = MAX_WAITING_BYTES / 2;
    const results = await Promise.allSettled([ask("1", half), ask("2", half), ask("3", 1)]);
    expect(results.map((result) => (result.status === "rejected" ? codeOf(result.reason) : result.value))).toEqual([
      1,
      2,
      "overloaded",
    ]);
    expect(await Promise.all([ask("4", half), ask("5", half)])).toEqual([4, 5]);
    expect(await ask("6", MAX_WAITING_BYTES + 1)).toBe(6);
  });
});

describe("bad data", () => {
  test("only the guilty requests are refused, wherever they stand among others", async () => {
    const { ask, runs } = numberReader();
    await ask("1");
    runs.length = 0;
    const texts = Array.from({ length: 100 }, (_, n) => (n === 0 || n === 37 || n === 99 ? "guilty" : String(n)));
    const results = await Promise.allSettled(texts.map((text) => ask(text)));
    for (const [n, result] of results.entries()) {
      if (texts[n] === "guilty") expect(codeOf((result as PromiseRejectedResult).reason)).toBe("invalid_request");
      else expect(result).toEqual({ status: "fulfilled", value: n });
    }
    expect(runs.length).toBeLessThan(60);
  });

  test("a mistake of ours is nobody's bad request", async () => {
    const { ask } = numberReader(1, "select no_such_column, $1::text[]");
    await expect(ask("1")).rejects.toMatchObject({ code: "42703" });
  });
});

describe("lost connections", () => {
  test("an idle connection that is lost is replaced before anybody notices", async () => {
    const { ask } = numberReader(1);
    await ask("1");
    for (let n = 0; n < 5; n++) {
      await kill("test-0");
      await until("a new connection", async () => (await ask("7").catch(() => 0)) === 7);
    }
  });

  test("a batch under way is sent again, once, marked as such", async () => {
    const { ask, runs } = numberReader(1, `select unnest($1::text[])::int from ${PASS_GATE}`);
    const gate = await closeGate();
    const asked = ask("3");
    await gate.reached();
    await kill("test-0");
    await gate.open();
    expect(await asked).toBe(3);
    expect(runs).toEqual([
      { size: 1, again: false },
      { size: 1, again: true },
    ]);
  });

  test("lost twice, it is refused as unavailable", async () => {
    const { ask, runs } = numberReader(1, "select unnest($1::text[])::int, pg_terminate_backend(pg_backend_pid())");
    await expect(ask("3")).rejects.toMatchObject({ code: "unavailable", retryAfterSeconds: 1 });
    expect(runs.map((run) => run.again)).toEqual([false, true]);
  });
});

test("closing finishes what waits and takes nothing more", async () => {
  const { ask, batcher } = numberReader(1, "select unnest($1::text[])::int from pg_sleep(0.1)");
  await ask("1");
  const asked = [ask("1"), ask("2")];
  const closed = batcher.close();
  await expect(ask("3")).rejects.toMatchObject({ code: "unavailable" });
  expect(await Promise.all(asked)).toEqual([1, 2]);
  await closed;
});
