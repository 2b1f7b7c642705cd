/** Engines that loop, crash or eat memory fail their own runs, and delay no other organization. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { createCustomer, sendRuns, type Customer } from "../fixtures/customer.ts";
import { memoryEatingGraph, neverEndingGraph, throwingGraph } from "../fixtures/graphs.ts";
import { openLedger, type Ledger } from "../fixtures/ledger.ts";
import { until } from "../fixtures/processes.ts";
import { startStack, type TestStack } from "../fixtures/stack.ts";

let stack: TestStack;
let ledger: Ledger;
let guilty: Customer;
let neighbour: Customer;

// Long enough that the neighbour's runs, were they to wait for one such run, would be seen to.
const TIMEOUT_MS = 6_000;

beforeAll(async () => {
  stack = await startStack({ organizations: 2 });
  const [a, b] = stack.people;
  [guilty, neighbour] = await Promise.all([createCustomer(stack.url, a!.owner), createCustomer(stack.url, b!.owner)]);
  const { databaseUrl } = stack.running();
  ledger = openLedger(() => databaseUrl!);
}, 240_000);

afterAll(() => stack?.stop());

const KINDS = [
  { kind: "looping", graph: neverEndingGraph(), runs: 4, codes: ["engine_timeout"] },
  { kind: "throwing", graph: throwingGraph(), runs: 20, codes: ["engine_error"] },
  { kind: "memory-eating", graph: memoryEatingGraph(), runs: 20, codes: ["engine_memory"] },
] as const;

it.each(KINDS)(
  "a flood of $kind runs fails with its own code, while another organization's runs go through",
  async ({ kind, graph, runs, codes }) => {
    const bad = await guilty.createEngine({ slug: `bad-${kind}`, graph, timeoutMs: TIMEOUT_MS });
    const good = await neighbour.createEngine({ slug: `good-beside-${kind}` });
    const flood = await sendRuns(guilty, bad, { count: runs, repeat: false });
    expect(flood.accepted).toHaveLength(runs);

    const startedMs = performance.now();
    const fine = await sendRuns(neighbour, good, { count: 100, repeat: false });
    expect(fine.accepted).toHaveLength(100);
    await until(
      "the neighbour's runs to complete",
      async () =>
        (await ledger.query("select from run where id = any($1) and status = 'COMPLETED'", [fine.accepted])).length ===
        100,
      { deadlineMs: TIMEOUT_MS },
    );
    expect(performance.now() - startedMs, "as if nobody else was there").toBeLessThan(TIMEOUT_MS);

    await until(
      "the bad runs to fail",
      async () => {
        const states = await ledger.query("select status, error_code from run where id = any($1)", [flood.accepted]);
        if (states.every(({ status }) => status === "FAILED")) return true;
        throw new Error(JSON.stringify(states));
      },
      { deadlineMs: 20 * TIMEOUT_MS, everyMs: 200 },
    );
    const found = await ledger.query<{ error_code: string }>("select distinct error_code from run where id = any($1)", [
      flood.accepted,
    ]);
    for (const { error_code } of found) expect(codes).toContain(error_code);
  },
  240_000,
);
