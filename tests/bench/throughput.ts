/** Acceptance, execution and reading under load, each beside its floor in the same run of the bench. */
import { fork } from "node:child_process";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type BenchStack, emptyRuns, getRequest, submitRequest } from "./bench-stack.ts";
import type { Floor } from "./floor.ts";
import { load } from "./load.ts";
import type { LoadJob, LoadReport } from "./load-generator.ts";
import { atLeast, type Finding, median } from "./report.ts";

export type Options = {
  seconds: number;
  /** Each measurement is made so often, in turn with its floor; the median counts. */
  rounds: number;
  say: (line: string) => void;
};

const CONNECTIONS = 128;
const READ_CONNECTIONS = 64;
/** Runs that are read at random. */
const READ_RUNS = 2_000;
const POOL_SIZE = 12;

const host = "127.0.0.1";

function submitJob(stack: BenchStack, seconds: number, rate?: number): LoadJob {
  return {
    host,
    port: stack.port,
    connections: CONNECTIONS,
    durationMs: seconds * 1_000,
    requests: [submitRequest(stack)],
    expectStatus: 202,
    ...(rate === undefined ? {} : { rate }),
  };
}

const shown = (report: LoadReport) =>
  `${Math.round(report.perSecond)}/s, p50 ${report.p50Ms.toFixed(1)} ms, p99 ${report.p99Ms.toFixed(1)} ms` +
  (Object.keys(report.others).length > 0 ? `, others ${JSON.stringify(report.others)}: ${report.firstOther}` : "");

const middle = (reports: LoadReport[]) => median(reports.map((report) => report.perSecond));
const p50 = (reports: LoadReport[]) => `, p50 ${median(reports.map((report) => report.p50Ms)).toFixed(1)} ms`;

/** Runs `work` while the worker is stopped in its tracks. */
async function withoutWorker<T>(stack: BenchStack, work: () => Promise<T>): Promise<T> {
  const pid = await stack.pidOf("worker");
  process.kill(pid, "SIGSTOP");
  try {
    return await work();
  } finally {
    await emptyRuns(stack);
    process.kill(pid, "SIGCONT");
  }
}

/** Accepted a second, first without worker, then with the worker executing what comes in; the floor between them. Returns the floor too. */
export async function acceptance(
  stack: BenchStack,
  floor: Floor,
  { seconds, rounds, say }: Options,
): Promise<{ findings: Finding[]; floor: number }> {
  const floors: number[] = [];
  const alone: LoadReport[] = [];
  const beside: LoadReport[] = [];
  const executed: number[] = [];
  await withoutWorker(stack, () => load(submitJob(stack, 3))); // the program's code is compiled as it is used
  for (let round = 1; round <= rounds; round++) {
    await withoutWorker(stack, async () => {
      await emptyRuns(stack);
      floors.push(await floor.measure(stack, seconds));
      await emptyRuns(stack);
      alone.push(await load(submitJob(stack, seconds)));
    });
    beside.push(await load(submitJob(stack, seconds)));
    executed.push((await countEnded(stack)) / seconds);
    await emptyRuns(stack);
    say(`round ${round}: floor ${Math.round(floors.at(-1)!)}/s; accepted ${shown(alone.at(-1)!)}`);
    say(
      `         with worker: accepted ${shown(beside.at(-1)!)}; executed meanwhile ${Math.round(executed.at(-1)!)}/s`,
    );
  }
  const usual = median(floors);
  return {
    floor: usual,
    findings: [
      atLeast("accept, no worker", middle(alone), usual, 1.2, p50(alone)),
      atLeast("accept, worker executing", middle(beside), usual, 0.6, p50(beside)),
    ],
  };
}

async function countEnded(stack: BenchStack): Promise<number> {
  const { rows } = await stack.db.query<{ count: number }>(
    "select count(*)::int as count from run where status in ('COMPLETED', 'DEGRADED')",
  );
  return rows[0]!.count;
}

/**
 * Executed a second, sustained: runs come in at a steady rate a little above what is asked for, and what has ended at the end of the
 * second half is compared with what had ended at its beginning.
 */
export async function execution(
  stack: BenchStack,
  floor: number,
  { seconds, rounds, say }: Options,
): Promise<Finding[]> {
  const rates: number[] = [];
  const offered = floor * 0.32;
  for (let round = 1; round <= rounds; round++) {
    const running = load(submitJob(stack, seconds * 2, offered));
    await delay(seconds * 700);
    const [before, startedAt] = [await countEnded(stack), performance.now()];
    await delay(seconds * 1_200);
    const rate = ((await countEnded(stack)) - before) / ((performance.now() - startedAt) / 1_000);
    const report = await running;
    rates.push(rate);
    say(`round ${round}: executed ${Math.round(rate)}/s while accepting ${shown(report)}`);
    await emptyRuns(stack);
  }
  return [atLeast("executed, sustained", median(rates), floor, 0.3)];
}

/** Read a second, beside the reference handler. */
export async function reading(stack: BenchStack, { seconds, rounds, say }: Options): Promise<Finding[]> {
  const ids = await makeEndedRuns(stack);
  const reference = fork(join(import.meta.dirname, "reference-read.ts"), { execArgv: [] });
  const port = await new Promise<number>((resolve, reject) => {
    reference.once("message", (message: { port: number }) => resolve(message.port));
    reference.once("exit", (code) => reject(new Error(`the reference handler ended with ${code}`)));
    reference.send({ databaseUrl: stack.databaseUrl, poolSize: POOL_SIZE });
  });
  const job = (to: number, forSeconds = seconds): LoadJob => ({
    host,
    port: to,
    connections: READ_CONNECTIONS,
    durationMs: forSeconds * 1_000,
    requests: ids.map((id) => getRequest(stack, `/runs/${id}`)),
    expectStatus: 200,
  });
  const ours: number[] = [];
  const theirs: number[] = [];
  for (const to of [stack.port, port]) await load(job(to, 2));
  for (let round = 1; round <= rounds; round++) {
    const [a, b] = [await load(job(stack.port)), await load(job(port))];
    ours.push(a.perSecond);
    theirs.push(b.perSecond);
    say(`round ${round}: read ${shown(a)}; by hand on Fastify ${shown(b)}`);
  }
  reference.disconnect();
  await emptyRuns(stack);
  return [atLeast("read a run", median(ours), median(theirs), 0.8)];
}

async function makeEndedRuns(stack: BenchStack): Promise<string[]> {
  const { rows } = await stack.db.query<{ id: string }>(
    `with new as (
      insert into run (org_id, id, environment_id, engine_id, engine_version_id, key_id, status, started_at, completed_at, summary)
      select $1, uuidv7(), $2, $3, $4, $5, 'COMPLETED', now(), now(), '3 findings' from generate_series(1, ${READ_RUNS})
      returning id
    ), output as (
      insert into run_payload (org_id, run_id, kind, body) select $1, id, 'output', $6 from new
    )
    select id from new`,
    [stack.orgId, stack.environmentId, stack.engine.id, stack.engine.versionId, stack.keyId, JSON.stringify(OUTPUT)],
  );
  await stack.db.query("analyze run, run_payload");
  return rows.map((row) => row.id);
}

const OUTPUT = {
  output: {
    company: "Hanse Maritime Handels GmbH",
    risk: "high",
    recommendation: "Proceed only after a manual review",
    findings: [
      { code: "ownership_hidden", severity: "high", message: "Owners of 30 % of the shares are not named" },
      { code: "recently_registered", severity: "low", message: "Registered less than a year ago" },
    ],
  },
};
