/** Runs of a placement engine with one offering and with fifty: how many are executed a second, and how many evaluations that is, beside zen-engine alone. */
import { fork } from "node:child_process";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { exampleEngines, exampleRequests } from "../../lib/engines/examples/engines.ts";
import type { BareJob, BareReport } from "./bare-engine.ts";
import { type BenchStack, emptyRuns, seedEngine, type SeededEngine } from "./bench-stack.ts";
import { atLeast, type Finding, median } from "./report.ts";
import type { Options } from "./throughput.ts";

const SLUG = "loan-placement";
/** With how many offerings, and what part of the bare engine's evaluations the whole program must reach. */
const CASES = [
  { offerings: 1, target: 0.25 },
  { offerings: 50, target: 0.5 },
];
/** So many evaluations are waiting when the measurement begins, for each of its seconds. */
const WAITING_EVALUATIONS = 2_500;
const EVERY_MS = 100;

function requestBody(offerings: number): string {
  const config = exampleEngines.find(({ slug }) => slug === SLUG)!.config as unknown as { offerings: object[] };
  const { input } = exampleRequests.get(SLUG) as { input: object };
  const list = Array.from({ length: offerings }, (_, n) =>
    Object.assign({}, config.offerings[n % config.offerings.length], { id: `offering-${n}` }),
  );
  return JSON.stringify({ input, offerings: list });
}

/** Lets runs wait, has the worker execute them all, and tells how many it executed a second from its first start to its last end. */
async function drain(stack: BenchStack, engine: SeededEngine, runs: number, body: string): Promise<number> {
  await stack.db.query("begin");
  await stack.db.query(
    `with new as (
      insert into run (org_id, id, environment_id, engine_id, engine_version_id, key_id)
      select $1, uuidv7(), $2, $3, $4, $5 from generate_series(1, $6::int) returning id
    )
    insert into run_payload (org_id, run_id, kind, body) select $1, id, 'input', $7 from new`,
    [stack.orgId, stack.environmentId, engine.id, engine.versionId, stack.keyId, runs, body],
  );
  await stack.db.query(
    // A mark that stands is held until the commit, or a worker that is just about to take it would leave these runs to the sweep.
    `insert into ready_environment (org_id, environment_id, is_live) values ($1, $2, true)
     on conflict (org_id, environment_id) do update set is_live = true`,
    [stack.orgId, stack.environmentId],
  );
  await stack.db.query("commit");
  for (;;) {
    const { rows } = await stack.db.query<{ ended: number; seconds: number; bad: number }>(
      `select count(completed_at)::int as ended, count(*) filter (where status = 'FAILED')::int as bad,
         extract(epoch from max(completed_at) - min(started_at))::float8 as seconds from run`,
    );
    const { ended, seconds, bad } = rows[0]!;
    if (bad > 0) throw new Error(`${bad} runs failed`);
    if (ended === runs) return runs / seconds;
    await delay(EVERY_MS);
  }
}

/** What tracing has left behind. */
async function recordedTraces(stack: BenchStack): Promise<string> {
  const { rows } = await stack.db.query<{ runs: number; chars: number; bytes: number }>(
    `select count(*)::int as runs, coalesce(avg(length(body)), 0)::int as chars, coalesce(avg(pg_column_size(body)), 0)::int as bytes
     from run_payload where kind = 'trace'`,
  );
  const { runs, chars, bytes } = rows[0]!;
  return `${runs} of the last round's runs have a recorded trace, of ${chars} characters and ${bytes} bytes on disk on average`;
}

async function bare(job: BareJob): Promise<BareReport> {
  const child = fork(join(import.meta.dirname, "bare-engine.ts"), { execArgv: [] });
  const { promise, resolve, reject } = Promise.withResolvers<BareReport>();
  child.once("message", (report: BareReport) => resolve(report));
  child.once("exit", (code) => reject(new Error(`the bare engine ended with ${code}`)));
  child.send(job);
  return promise;
}

/** Each measurement is made in turn with its floor; medians count. */
export async function offerings(stack: BenchStack, { seconds, rounds, say }: Options): Promise<Finding[]> {
  const engine = await seedEngine(stack.db, stack.orgId, SLUG);
  const findings: Finding[] = [];
  for (const { offerings: count, target } of CASES) {
    const body = requestBody(count);
    const runs = Math.ceil((WAITING_EVALUATIONS * seconds) / count / (count === 1 ? 2 : 1));
    await drain(stack, engine, Math.ceil(runs / 8), body); // the program's code is compiled as it is used
    const rates: number[] = [];
    const floors: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      await emptyRuns(stack);
      const alone = await bare({ slug: SLUG, offerings: count, seconds: seconds / 2 });
      rates.push(await drain(stack, engine, runs, body));
      floors.push(alone.plain.perSecond);
      say(
        `round ${round}: ${count} offerings: ${Math.round(rates.at(-1)!)} runs/s, ${Math.round(rates.at(-1)! * count)} evaluations/s; ` +
          `bare engine ${Math.round(alone.plain.perSecond)}/s, ${Math.round(alone.plain.cpuUs)} µs of CPU each; ` +
          `a trace adds ${Math.round(alone.traced.cpuUs - alone.plain.cpuUs)} µs and ${alone.traceChars} characters`,
      );
    }
    say(`         ${await recordedTraces(stack)}`);
    await emptyRuns(stack);
    const note = `, ${Math.round(median(rates))} runs/s`;
    const name = `evaluations, ${count === 1 ? "1 offering" : `${count} offerings`} a run`;
    findings.push(atLeast(name, median(rates) * count, median(floors), target, note));
  }
  const check = await bare({ slug: "company-check", offerings: 0, seconds: seconds / 2 });
  say(
    `company-check: ${Math.round(check.plain.cpuUs)} µs of CPU bare; a trace adds ${Math.round(check.traced.cpuUs - check.plain.cpuUs)} µs ` +
      `and ${check.traceChars} characters`,
  );
  return findings;
}
