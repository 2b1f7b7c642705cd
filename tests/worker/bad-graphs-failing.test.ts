/** The corpus of bad graphs, when they run: each fails with a code of the closed table, and whoever shares its batch is evaluated as ever. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { validateGraph } from "../../lib/engines/decision-graph-validate.ts";
import { RUN_ERROR } from "../../lib/engines/run-errors.ts";
import { createEvaluatorPool } from "../../lib/worker/evaluator-pool.ts";
import type { EvaluatorPool } from "../../lib/worker/evaluator-types.ts";
import type { FailingGraph } from "../fixtures/bad-graphs/bad-graph.ts";
import { FAILING_GRAPHS } from "../fixtures/bad-graphs/failing.ts";
import { bodyOf, doublingGraph, evaluateAll, makeItem } from "./evaluator-harness.ts";
import { evaluatorEntry } from "../../lib/engines/evaluate-process.ts";

let pool: EvaluatorPool;
const neighbour = doublingGraph();

const other = (x: number, orgId: string) => makeItem(neighbour, { input: { x }, orgId });

// Nobody waits long for what never ends; what ends by itself may take its time on a busy machine.
const SHORT_MS = 600;
const LONG_MS = 60_000;

function itemOf({ type = "entity_analysis", config, input = {}, offerings, error }: FailingGraph) {
  const timeoutMs = error.code === "engine_timeout" ? SHORT_MS : LONG_MS;
  return makeItem(config as object, { type, input, offerings, timeoutMs, orgId: "guilty" });
}

beforeAll(() => {
  pool = createEvaluatorPool({ entry: evaluatorEntry() });
});
afterAll(() => pool.close());

it("has graphs of different names, and fails runs in every way that there is", () => {
  expect(new Set(FAILING_GRAPHS.map(({ name }) => name)).size).toBe(FAILING_GRAPHS.length);
  const codes = new Set(FAILING_GRAPHS.map(({ error }) => error.code));
  for (const code of ["engine_error", "engine_timeout", "engine_crashed", "engine_memory", "engine_output_too_large"])
    expect([...codes]).toContain(code);
});

describe("fails with its code, and its neighbours are evaluated", () => {
  it.each(FAILING_GRAPHS)("$name", async (graph) => {
    const guilty = itemOf(graph);
    // It would get here: nothing keeps it from being published.
    expect(await validateGraph("org", guilty.type, graph.config)).toEqual({ valid: true, problems: [] });
    const outcomes = await evaluateAll(pool, [
      other(1, "neighbour"),
      guilty,
      other(2, "guilty"),
      other(3, "neighbour"),
    ]);
    for (const [index, y] of [
      [0, 2],
      [2, 4],
      [3, 6],
    ] as const) {
      expect(outcomes[index]).toMatchObject({ kind: "finished", result: { status: "COMPLETED" } });
      expect(bodyOf(outcomes[index]!).output).toMatchObject({ y });
    }
    const { code, message, path, node_id } = graph.error;
    const outcome = outcomes[1]!;
    expect(outcome).toMatchObject({ result: { status: "FAILED", errorCode: code } });
    const found = bodyOf(outcome).error!;
    expect(Object.keys(RUN_ERROR)).toContain(found.code);
    if (message) expect(found.message).toMatch(message);
    if (path) expect(found.details?.path).toBe(path);
    if (node_id) expect(found.details?.node_id).toBe(node_id);
    // Words for people, of a length that a list can show; nothing of the machine.
    expect(found.message.length).toBeLessThan(700);
    expect(found.message).not.toMatch(/node_modules|backtrace|\/home\/|\/work\/|0x[0-9a-f]{6}|serde|quickjs/i);
  });
});

it("all of them at once leave nothing behind that does not end", async () => {
  const guilty = FAILING_GRAPHS.map(itemOf);
  const held = evaluateAll(pool, guilty);
  for (let round = 0; round < 5; round += 1) {
    const items = Array.from({ length: 20 }, (_, x) => makeItem(neighbour, { input: { x }, orgId: "neighbour" }));
    const outcomes = await evaluateAll(pool, items);
    expect(outcomes.every(({ kind }) => kind === "finished")).toBe(true);
  }
  // What only waits behind others of its organization is given back and comes again.
  for (const outcome of await held) {
    if (outcome.kind === "returned") expect(outcome.reason).toBe("held_up");
    else expect(outcome.result.status).toBe("FAILED");
  }
  expect(pool.stats()).toMatchObject({ items: 0, busy: 0 });
});
