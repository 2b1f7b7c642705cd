/** PostgreSQL is stopped and started under load: 503 while it is away, nothing accepted is lost, and nobody needs to start anything again. */
import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createCustomer, sendRuns, type Customer } from "../fixtures/customer.ts";
import { openLedger, type Ledger } from "../fixtures/ledger.ts";
import { startPostgres, type TestPostgres } from "../fixtures/postgres.ts";
import { until } from "../fixtures/processes.ts";
import { startStack, type TestStack } from "../fixtures/stack.ts";

let postgres: TestPostgres;
let stack: TestStack;
let ledger: Ledger;
let customer: Customer;
let engine: string;

beforeAll(async () => {
  postgres = await startPostgres({ durable: true });
  stack = await startStack({ organizations: 1, env: { DATABASE_URL: postgres.url("nexio") } });
  customer = await createCustomer(stack.url, stack.people[0]!.owner);
  engine = await customer.createEngine();
  ledger = openLedger(() => postgres.url("nexio"));
  await ledger.watchEndings();
});

afterAll(async () => {
  await stack?.stop();
  await postgres?.stop();
});

const WAYS: { name: string; leave: () => Promise<void> }[] = [
  { name: "shut down", leave: () => postgres.pause() },
  { name: "killed", leave: () => postgres.crash() },
];

it.each(WAYS)("$name and started again under load", async ({ leave }) => {
  const pids = await Promise.all([stack.pidOf("web"), stack.pidOf("worker")]);
  const before = (await ledger.query("select from run")).length;

  // Load goes on from before until after.
  const halves = Promise.withResolvers<void>();
  const load = sendRuns(customer, engine, {
    count: 400,
    concurrency: 8,
    repeat: true,
    onProgress: (done) => {
      if (done === 100) halves.resolve();
    },
  });
  await halves.promise;
  await leave();

  // While it is away: every kind of call gets 503 with Retry-After; the process itself is healthy and says that it is not ready.
  const calls: [method: string, path: string, body?: unknown][] = [
    ["POST", `/api/v1/engines/${engine}/runs`, { input: {} }],
    ["GET", "/api/v1/runs"],
    ["GET", "/api/v1/environments"],
    ["POST", "/api/v1/environments", { slug: "dev" }],
  ];
  for (const call of calls) {
    const answer = await customer.call(...call);
    expect({ call, status: answer.status, code: answer.body.code }).toEqual({
      call,
      status: 503,
      code: "unavailable",
    });
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  }
  expect((await fetch(`${stack.url}/health`)).status).toBe(200);
  expect((await fetch(`${stack.url}/ready`)).status).toBe(503);

  await postgres.resume();
  const { accepted, refused } = await load;
  expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 503));
  expect(new Set(accepted).size).toBe(400);
  await until("the stack to be ready again", async () => (await fetch(`${stack.url}/ready`)).ok);
  await ledger.untilAllHaveEnded();
  expect(await ledger.statuses()).toEqual({ COMPLETED: before + 400 });
  expect(await ledger.recordedWrongly()).toEqual([]);
  expect(await ledger.usage()).toBe(before + 400);
  expect(await Promise.all([stack.pidOf("web"), stack.pidOf("worker")]), "nothing was started again").toEqual(pids);
});

const isFolded = async () => (await ledger.query("select from usage_delta")).length === 0;

it("killed in the middle of a background task: the worker stays, and its tasks go on", async () => {
  const pids = await Promise.all([stack.pidOf("web"), stack.pidOf("worker")]);
  const holder = new Client({ connectionString: postgres.url("nexio") });
  holder.on("error", () => {}); // it is killed with its server
  await holder.connect();
  await holder.query("begin");
  await holder.query("lock table usage_delta");
  await until("the fold to wait for the lock", async () => {
    const waiting = await ledger.query(
      "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%from usage_delta%'",
    );
    return waiting.length > 0;
  });
  await postgres.crash();
  await holder.end().catch(() => {});
  await postgres.resume();

  await until("the stack to be ready again", async () => (await fetch(`${stack.url}/ready`)).ok);
  await sendRuns(customer, engine, { count: 1, concurrency: 1, repeat: true });
  // A chain of tasks that broke is mended by the crontab, once a minute.
  await until("usage to be folded again", isFolded, { deadlineMs: 180_000 });
  expect(await Promise.all([stack.pidOf("web"), stack.pidOf("worker")]), "nothing was started again").toEqual(pids);
});
