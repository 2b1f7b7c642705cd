/** How long single things take: a run on an idle server, and the first page of a list however many runs there are. */
import { setTimeout as delay } from "node:timers/promises";
import { type BenchStack, emptyRuns } from "./bench-stack.ts";
import { atMost, type Finding, median } from "./report.ts";

const IDLE_RUNS = 200;
const LIST_CALLS = 300;
const LIST_ROUNDS = 5;

async function call(stack: BenchStack, path: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
  const response = await fetch(`${stack.url}/api/v1${path}`, {
    ...init,
    headers: { authorization: `Bearer ${stack.key}`, "content-type": "application/json" },
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Record<string, unknown>;
}

/** From sending the POST until a GET says COMPLETED, with nothing else going on. */
export async function idleRuns(stack: BenchStack, say: (line: string) => void): Promise<Finding[]> {
  const took: number[] = [];
  for (let n = 0; n < IDLE_RUNS; n++) {
    await delay(20 + Math.random() * 30);
    const startedAt = performance.now();
    const { run_id } = await call(stack, `/engines/${stack.engine.slug}/runs`, {
      method: "POST",
      body: stack.engine.body,
    });
    for (let status = "PENDING"; status !== "COMPLETED";) {
      status = String((await call(stack, `/runs/${String(run_id)}`)).status);
      if (status === "FAILED") throw new Error("a run of the bench has failed");
      if (performance.now() - startedAt > 10_000) throw new Error("a run was not executed within 10 s");
    }
    took.push(performance.now() - startedAt);
  }
  const sorted = took.toSorted((a, b) => a - b);
  say(`idle: p50 ${median(took).toFixed(1)} ms, p95 ${sorted[Math.floor(sorted.length * 0.95)]!.toFixed(1)} ms`);
  await emptyRuns(stack);
  return [atMost("POST → COMPLETED, idle, p50", median(took), 30, "ms")];
}

async function seedRuns(stack: BenchStack, from: number, to: number): Promise<void> {
  // Over the last ten days, newest last, one in fifty failed.
  await stack.db.query(
    `insert into run (org_id, id, environment_id, engine_id, engine_version_id, key_id, status, created_at, started_at, completed_at)
     select $1, uuidv7(make_interval(secs => -s)), $2, $3, $4, $5,
       (case when n % 50 = 0 then 'FAILED' else 'COMPLETED' end)::run_status, at, at, at
     from generate_series($6::int, $7::int) n, lateral (select 864000.0 * ($8 - n) / $8 as s) a,
       lateral (select now() - make_interval(secs => s) as at) b`,
    [stack.orgId, stack.environmentId, stack.engine.id, stack.engine.versionId, stack.keyId, from, to, LARGE],
  );
  await stack.db.query("analyze run");
}

const SMALL = 10_000;
const LARGE = 1_000_000;

async function listTime(stack: BenchStack, path: string): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < LIST_ROUNDS; round++) {
    const took: number[] = [];
    for (let n = 0; n < LIST_CALLS / LIST_ROUNDS; n++) {
      const startedAt = performance.now();
      await call(stack, path);
      took.push(performance.now() - startedAt);
    }
    rounds.push(median(took));
  }
  return Math.min(...rounds);
}

/** The first page with ten thousand runs in the environment, and with a million. */
export async function listPages(stack: BenchStack, say: (line: string) => void): Promise<Finding[]> {
  const paths = { "first page": "/runs", "first page, FAILED only": "/runs?status=FAILED" };
  const measure = async () => {
    const times = new Map<string, number>();
    for (const [name, path] of Object.entries(paths)) times.set(name, await listTime(stack, path));
    return times;
  };
  // The ten thousand newest first; the others stand behind them.
  await seedRuns(stack, LARGE - SMALL + 1, LARGE);
  await measure();
  const small = await measure();
  await seedRuns(stack, 1, LARGE - SMALL);
  const large = await measure();
  await emptyRuns(stack);
  return Object.keys(paths).map((name) => {
    const [before, after] = [small.get(name)!, large.get(name)!];
    say(`${name}: ${before.toFixed(2)} ms with ${SMALL} runs, ${after.toFixed(2)} ms with ${LARGE}`);
    return {
      name: `/runs ${name}, 1,000,000 runs`,
      value: `${after.toFixed(2)} ms`,
      against: `${before.toFixed(2)} ms`,
      ratio: (after / before).toFixed(2),
      target: "≤ 1.5",
      met: after / before <= 1.5,
    };
  });
}
