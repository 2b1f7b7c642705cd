/**
 * Accepted means durable: kill -9 of worker, web, PostgreSQL and supervisor, in the middle of a thousand runs. Everything that got a
 * 202 ends, is recorded once and counted once, and a webhook receiver is told of every end, at least once.
 */
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createCustomer, sendRuns, type Customer } from "../fixtures/customer.ts";
import { closeGate, PASS_GATE } from "../fixtures/gate.ts";
import { busyGraph } from "../fixtures/graphs.ts";
import { openLedger, type Ledger } from "../fixtures/ledger.ts";
import { until } from "../fixtures/processes.ts";
import { startReceiver, type Receiver } from "../fixtures/receiver.ts";
import { startStack, type TestStack } from "../fixtures/stack.ts";

let stack: TestStack;
let ledger: Ledger;
let customer: Customer;
let engine: string;
let receiver: Receiver;
let secret: string;

beforeAll(async () => {
  stack = await startStack({ organizations: 1 });
  customer = await createCustomer(stack.url, stack.people[0]!.owner);
  // Slow enough that runs wait for the worker, which holds as many as it can get.
  engine = await customer.createEngine({ graph: busyGraph(10) });
  // Slow as well: the worker always has deliveries open when it is killed.
  receiver = await startReceiver((_, response) => void setTimeout(() => response.end(), 20));
  const endpoint = await customer.call("POST", "/api/v1/webhooks", { url: receiver.url });
  secret = String(endpoint.body.secret);
  const { databaseUrl } = stack.running();
  ledger = openLedger(() => databaseUrl!);
  await ledger.watchEndings();
});

afterAll(async () => {
  await stack?.stop();
  await receiver?.stop();
});

/** Every run has one event, which is delivered, and which the receiver can verify. */
async function expectAllToBeTold(): Promise<void> {
  const open = "select from webhook_delivery where status <> 'DELIVERED' limit 1";
  await until("all to be delivered", async () => (await ledger.query(open)).length === 0);
  const rows = await ledger.query<{ id: string; events: number }>(
    "select run.id, count(event.id)::int as events from run left join webhook_event event on event.run_id = run.id group by run.org_id, run.id",
  );
  expect(rows.filter(({ events }) => events !== 1)).toEqual([]);
  const told = receiver.received.map(({ body, headers }) => {
    const event = new Webhook(secret).verify(body, headers as Record<string, string>);
    return (event as { data: { run: { run_id: string } } }).data.run.run_id;
  });
  expect(new Set(told)).toEqual(new Set(rows.map(({ id }) => id)));
}

async function killWorkerThatHoldsRuns(): Promise<void> {
  await until("the worker to hold runs", async () => ((await ledger.statuses()).RUNNING ?? 0) >= 5);
  await stack.kill("worker");
}

it("kill -9 of worker, web and PostgreSQL in the middle of 1,000 runs loses nothing, records once and counts once", async () => {
  const kills: Promise<void>[] = [];
  const victims = new Map<number, "worker" | "web" | "postgres">([
    [100, "worker"],
    [200, "web"],
    [300, "postgres"],
    [380, "worker"],
    [440, "postgres"],
  ]);
  const onProgress = (done: number) => {
    const victim = victims.get(done);
    if (victim) kills.push(victim === "worker" ? killWorkerThatHoldsRuns() : stack.kill(victim));
  };
  // Two kinds of clients at once: one repeats what it is unsure of, the other does not.
  const [careful, careless] = await Promise.all([
    sendRuns(customer, engine, { count: 500, repeat: true, onProgress }),
    sendRuns(customer, engine, { count: 500, repeat: false }),
  ]);
  await Promise.all(kills);
  expect(kills).toHaveLength(5);

  await ledger.untilAllHaveEnded();
  expect(new Set(careful.accepted).size).toBe(500);
  const rows = await ledger.query<{ id: string; status: string }>("select id, status from run");
  const statusOf = new Map(rows.map(({ id, status }) => [id, status]));
  const accepted = [...careful.accepted, ...careless.accepted];
  expect(accepted.filter((id) => statusOf.get(id) !== "COMPLETED").map((id) => [id, statusOf.get(id)])).toEqual([]);
  // Beyond what got a 202 there can only be what was accepted while its connection broke.
  const beyond = rows.length - new Set(accepted).size;
  expect(beyond).toBeGreaterThanOrEqual(0);
  expect(beyond).toBeLessThanOrEqual(careless.unknown + careless.refused.length);
  expect(await ledger.recordedWrongly()).toEqual([]);
  expect(await ledger.usage()).toBe(rows.length);
  const taken = await ledger.query("select from run where takeovers > 0");
  expect(taken.length, "runs that a killed worker held, and another finished").toBeGreaterThan(0);
  for (const { status } of [...careful.refused, ...careless.refused]) expect(status).toBe(503);
  await expectAllToBeTold();
});

it("kill -9 of the worker in the middle of a bulk cancel: it goes on, and counts each run that it canceled once", async () => {
  // So slow that they wait.
  const slow = await customer.createEngine({ graph: busyGraph(50) });
  const { accepted } = await sendRuns(customer, slow, { count: 1_500, repeat: true });
  // The worker is killed within a chunk: what it changed is not committed then.
  await ledger.query(`
    create function test_pass_gate() returns trigger language plpgsql as $$ begin perform ${PASS_GATE}; return null; end $$;
    create trigger test_pass_gate after update of succeeded on bulk_operation for each row execute function test_pass_gate();`);
  const gate = await closeGate(stack.running().databaseUrl!);
  const asked = await customer.call("POST", "/api/v1/runs/cancel", { all: true });
  expect(asked.status).toBe(202);
  const look = async () => (await customer.call("GET", `/api/v1/bulk-operations/${String(asked.body.id)}`)).body;
  for (let time = 0; time < 2; time++) {
    await gate.reached();
    await stack.kill("worker");
    // PostgreSQL finds out that nobody is there any more.
    await gate.dismiss();
  }
  await gate.open();
  await until("the operation to end", async () => (await look()).status === "completed");
  await ledger.untilAllHaveEnded();
  const states = await ledger.query<{ status: string; runs: number }>(
    "select status, count(*)::int as runs from run where id = any($1) group by 1",
    [accepted],
  );
  const { CANCELED = 0, ...others } = Object.fromEntries(states.map(({ status, runs }) => [status, runs]));
  const { succeeded, skipped, matched, processed } = await look();
  expect(CANCELED).toBeGreaterThan(0);
  expect(succeeded).toBe(CANCELED);
  expect(processed).toBe(matched);
  expect(Number(succeeded) + Number(skipped)).toBe(matched);
  expect(Object.keys(others)).toEqual(Object.keys(others).length === 0 ? [] : ["COMPLETED"]);
  expect(await ledger.recordedWrongly()).toEqual([]);
});

it("kill -9 of the supervisor under load: npm start works again unaided, and finishes what was accepted", async () => {
  const before = (await ledger.query("select from run")).length;
  let again: Promise<void> | undefined;
  const load = await sendRuns(customer, engine, {
    count: 200,
    repeat: true,
    onProgress: (done) => {
      if (done === 60) again = stack.killAndStartAgain();
    },
  });
  await again;
  await ledger.untilAllHaveEnded();
  const ids = [...new Set(load.accepted)];
  expect(ids).toHaveLength(200);
  const ended = await ledger.query("select from run where id = any($1) and status = 'COMPLETED'", [ids]);
  expect(ended).toHaveLength(200);
  expect(await ledger.query("select from run")).toHaveLength(before + 200);
  expect(await ledger.recordedWrongly()).toEqual([]);
  expect(await ledger.usage()).toBe(before + 200);
  await expectAllToBeTold();
});
