/** What the tests of the evaluator pool share: pools with short times, runs to give them, and graphs that misbehave. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach } from "vitest";
import { createEvaluatorPool } from "../../lib/worker/evaluator-pool.ts";
import type {
  EvaluationItem,
  EvaluationOutcome,
  EvaluatorPool,
  PoolOptions,
} from "../../lib/worker/evaluator-types.ts";
import { expressionGraph, functionGraph } from "../fixtures/graphs.ts";

/** The child's main, as Node runs it from source. */
export const ENTRY = join(import.meta.dirname, "../../lib/worker/evaluator-child.ts");
const open = new Set<EvaluatorPool>();

afterEach(async () => {
  await Promise.all([...open].map((pool) => pool.close()));
  open.clear();
});

/** A pool that ends with its test. */
export function makePool(options: PoolOptions = {}): EvaluatorPool {
  const pool = createEvaluatorPool({ entry: ENTRY, ...options });
  open.add(pool);
  return pool;
}

type RunOptions = Partial<EvaluationItem> & { input?: unknown; offerings?: unknown };

let lastRun = 0;

/** A run of a graph; every graph object is a version of its own. */
export function makeItem(graph: object, { input = {}, offerings, ...rest }: RunOptions = {}): EvaluationItem {
  const payload = JSON.stringify({ input, offerings });
  return {
    runId: `run-${(lastRun += 1)}`,
    orgId: "org",
    environmentId: "live",
    versionId: versionOf(graph),
    type: "entity_analysis",
    // Far beyond what a run that ends takes on a loaded machine.
    timeoutMs: 60_000,
    payload,
    loadConfig: () => Promise.resolve(JSON.stringify(graph)),
    ...rest,
  };
}

const versions = new WeakMap<object, string>();
let lastVersion = 0;

export function versionOf(graph: object): string {
  if (!versions.has(graph)) versions.set(graph, `version-${(lastVersion += 1)}`);
  return versions.get(graph)!;
}

/** Evaluates items and gives their outcomes in the items' order. Throws when one is reported twice. */
export async function evaluateAll(pool: EvaluatorPool, items: readonly EvaluationItem[]): Promise<EvaluationOutcome[]> {
  const outcomes = new Map<string, EvaluationOutcome>();
  await pool.evaluate(items, ({ runId, outcome }) => {
    if (outcomes.has(runId)) throw new Error(`${runId} was reported twice`);
    outcomes.set(runId, outcome);
  });
  return items.map((item) => outcomes.get(item.runId)!);
}

/** Evaluates one run. */
export async function evaluateOne(pool: EvaluatorPool, item: EvaluationItem): Promise<EvaluationOutcome> {
  return (await evaluateAll(pool, [item]))[0]!;
}

export type Body = {
  output?: { [field: string]: unknown };
  solutions?: { [field: string]: unknown }[];
  error?: { code: string; message: string; details?: { [field: string]: string } };
};

/** The stored body of an outcome, parsed. */
export function bodyOf(outcome: EvaluationOutcome): Body {
  if (outcome.kind === "returned") throw new Error(`returned: ${outcome.reason}`);
  return JSON.parse(outcome.result.body) as Body;
}

/** Processes whose parent is `pid`, by /proc. */
export function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => parentOf(child) === pid);
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? undefined : Number(parent);
  } catch {
    return undefined;
  }
}

/** Doubles `x`, at once; sleeps for ever where the input says so. */
export function doublingGraph() {
  return functionGraph(
    "export const handler = async ({ x, hang }) => { if (hang) await new Promise(() => {}); return { y: x * 2 }; };",
  );
}

/** Uses the processor for ever, in the expression language, which knows no time limit, and in little memory. */
export function loopingGraph() {
  const many = "[1..3000]";
  return expressionGraph({ n: `sum(map(${many}, sum(map(${many}, len(filter(${many}, # > 5))))))` });
}
