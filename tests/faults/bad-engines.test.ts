/** Engines that loop, crash or eat memory fail their own runs, and delay no other organization. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { createCustomer, sendRuns, type Customer } from "../fixtures/customer.ts";
import { memoryEatingGraph, neverEndingGraph, throwingGraph, type Graph } from "../fixtures/graphs.ts";
import { openLedger, type Ledger } from "../fixtures/ledger.ts";
import { until } from "../fixtures/processes.ts";
import { startStack, type TestStack } from "../fixtures/stack.ts";

let stack: TestStack;
let ledger: Ledger;
let guilty: Customer;
let neighbour: Customer;

beforeAll(async () => {
  stack = await startStack({ organizations: 2 });
  const [a, b] = stack.people;
  [guilty, neighbour] = await Promise.all([createCustomer(stack.url, a!.owner), createCustomer(stack.url, b!.owner)]);
  const { databaseUrl } = stack.running();
  ledger = openLedger(() => databaseUrl!);
});

afterAll(() => stack?.stop());

async function flood(slug: string, graph: Graph, count: number, timeoutMs: number): Promise<string[]> {
  const engine = await guilty.createEngine({ slug, graph, timeoutMs });
  const { accepted } = await sendRuns(guilty, engine, { count, repeat: false });
  expect(accepted).toHaveLength(count);
  return accepted;
}

const statesOf = (ids: readonly string[]) =>
  ledger.query<{ status: string; error_code: string | null }>("select status, error_code from run where id = any($1)", [
    ids,
  ]);

/** A hundred runs of the other organization go through. */
async function neighbourGoesOn(): Promise<void> {
  const { accepted } = await sendRuns(neighbour, await neighbour.createEngine(), { count: 100, repeat: false });
  expect(accepted).toHaveLength(100);
  await until("the neighbour's runs to complete", async () =>
    (await statesOf(accepted)).every(({ status }) => status === "COMPLETED"),
  );
}

async function expectToFail(ids: readonly string[], code: string): Promise<void> {
  await until("the bad runs to fail", async () => {
    const states = await statesOf(ids);
    if (states.every(({ status }) => status === "FAILED")) return true;
    throw new Error(JSON.stringify(states));
  });
  expect(new Set((await statesOf(ids)).map(({ error_code }) => error_code))).toEqual(new Set([code]));
}

it("while runs loop that nothing ends yet, another organization's runs go through", async () => {
  const stuck = await flood("endless", neverEndingGraph(), 4, 600_000);
  await until("one to be evaluated", async () => (await statesOf(stuck)).some(({ status }) => status === "RUNNING"));
  await neighbourGoesOn();
  for (const { status } of await statesOf(stuck)) expect(["PENDING", "RUNNING"]).toContain(status);
  for (const id of stuck) expect((await guilty.call("POST", `/api/v1/runs/${id}/cancel`)).status).toBe(200);
});

it.each([
  { kind: "looping", graph: neverEndingGraph(), runs: 4, timeoutMs: 1_000, code: "engine_timeout" },
  { kind: "throwing", graph: throwingGraph(), runs: 20, timeoutMs: 60_000, code: "engine_error" },
  { kind: "memory-eating", graph: memoryEatingGraph(), runs: 20, timeoutMs: 60_000, code: "engine_memory" },
])(
  "a flood of $kind runs fails with its own code, while another organization's runs go through",
  async ({ kind, graph, runs, timeoutMs, code }) => {
    const bad = await flood(`bad-${kind}`, graph, runs, timeoutMs);
    await neighbourGoesOn();
    await expectToFail(bad, code);
  },
);
