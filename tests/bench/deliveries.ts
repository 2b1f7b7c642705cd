/**
 * Webhooks: how many are delivered a second, with their attempts recorded durably, beside a bare loop that posts the same bodies to the same receiver;
 * what one endpoint of a hundred that hangs costs the others; and how long after a run's end its event has arrived on an idle server.
 */
import { fork, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { mintKey } from "../../lib/api-keys/key-format.ts";
import { newId } from "../../lib/ids.ts";
import { toEventId, WEBHOOK_VERSION } from "../../lib/webhooks/event-types.ts";
import type { BareUndiciJob } from "./bare-undici.ts";
import { type BenchStack, emptyRuns } from "./bench-stack.ts";
import type { ReceiverReport } from "./delivery-receiver.ts";
import { atLeast, atMost, type Finding, median } from "./report.ts";
import type { Options } from "./throughput.ts";

/** As many environments, each with as many endpoints as one may have. */
const ENVIRONMENTS = 10;
const ENDPOINTS = 10;
const CONCURRENCY = 64;
/** Deliveries that are waiting when a measurement begins, for each of its seconds. */
const WAITING_A_SECOND = 4_000;
const ROWS_A_STATEMENT = 2_000;
const IDLE_RUNS = 100;
const EVERY_MS = 20;

type Environment = { id: string; slug: string; key: string };
type Endpoint = { id: string; environment: Environment };

async function makeEnvironment(stack: BenchStack, slug: string): Promise<Environment> {
  const id = slug === "live" ? stack.environmentId : newId();
  if (slug !== "live") {
    await stack.db.query("insert into environment (org_id, id, slug, kind) values ($1, $2, $3, 'environment')", [
      stack.orgId,
      id,
      slug,
    ]);
  }
  const { key, hash, prefix } = mintKey(slug);
  await stack.db.query(
    `insert into api_key (id, org_id, environment_id, name, hash, prefix, scopes, created_by_id, created_by)
     values ($1, $2, $3, 'bench', $4, $5, $6, 'bench', 'bench')`,
    [newId(), stack.orgId, id, Buffer.from(hash), prefix, ["webhooks:manage"]],
  );
  return { id, slug, key };
}

async function makeEndpoint(stack: BenchStack, environment: Environment, url: string): Promise<Endpoint> {
  const answer = await fetch(`${stack.url}/api/v1/webhooks`, {
    method: "POST",
    headers: { authorization: `Bearer ${environment.key}`, "content-type": "application/json" },
    body: JSON.stringify({ url }),
  });
  if (answer.status !== 201) throw new Error(`no endpoint: ${answer.status} ${await answer.text()}`);
  return { id: ((await answer.json()) as { id: string }).id, environment };
}

/** An event of a run of ordinary size. */
function eventBody(eventId: string, { slug, id }: Environment): string {
  const at = new Date().toISOString();
  const run = {
    run_id: newId(),
    status: "COMPLETED",
    environment: slug,
    environment_id: id,
    engine: "company-check",
    engine_version: "1.0",
    created_at: at,
    started_at: at,
    completed_at: at,
    duration_ms: 4,
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
  const event = { id: toEventId(eventId), type: "run.completed", webhook_version: WEBHOOK_VERSION, environment: slug };
  return JSON.stringify({ ...event, created_at: at, data: { run } });
}

const INSERT = `
with t as (
  select * from unnest($4::uuid[], $5::uuid[], $6::text[]) as t (event_id, id, body)
), event as (
  insert into webhook_event (org_id, id, environment_id, type, body) select $1, event_id, $2, 'run.completed', body from t
)
insert into webhook_delivery (org_id, endpoint_id, id, environment_id, event_id, event_type, next_attempt_at)
select $1, $3, id, $2, event_id, 'run.completed', now() from t`;

async function addDeliveries(stack: BenchStack, { id, environment }: Endpoint, count: number): Promise<void> {
  for (let left = count; left > 0; left -= ROWS_A_STATEMENT) {
    const eventIds = Array.from({ length: Math.min(left, ROWS_A_STATEMENT) }, () => newId());
    const ids = eventIds.map((eventId) => eventId.slice(0, 18) + newId().slice(18));
    const bodies = eventIds.map((eventId) => eventBody(eventId, environment));
    await stack.db.query(INSERT, [stack.orgId, environment.id, id, eventIds, ids, bodies]);
  }
}

async function emptyDeliveries(stack: BenchStack): Promise<void> {
  // What a worker still owns it lets go of, or what comes next would not be its first look.
  const isLeft = async () =>
    (await stack.db.query("select from webhook_queue where due_at < now() limit 1")).rows.length === 0;
  while (!(await isLeft())) await delay(EVERY_MS);
  await stack.db.query("truncate webhook_queue, webhook_delivery, webhook_event, webhook_attempt");
  await stack.db.query("checkpoint").catch(() => {}); // only some roles may
}

/** Lets deliveries wait, has the worker deliver them, and tells how many to these endpoints it recorded a second. */
async function drain(
  stack: BenchStack,
  endpoints: readonly Endpoint[],
  each: number,
  beside?: Endpoint,
): Promise<number> {
  await emptyDeliveries(stack);
  // All at once: the worker's sweep looks for what is due.
  await stack.db.query("begin");
  for (const endpoint of [...endpoints, ...(beside ? [beside] : [])]) await addDeliveries(stack, endpoint, each);
  await stack.db.query("analyze webhook_event, webhook_delivery");
  await stack.db.query(
    "insert into webhook_queue (org_id, endpoint_id, due_at) select distinct org_id, endpoint_id, now() from webhook_delivery",
  );
  await stack.db.query("commit");
  const ids = endpoints.map(({ id }) => id);
  const startedAt = performance.now();
  await stack.db.query("select pg_notify('nexio_wake', '')");
  for (;;) {
    // One look into the index of what is due for each endpoint.
    const { rows } = await stack.db.query(
      `select from unnest($2::uuid[]) as e (id) where exists (
         select from webhook_delivery d where d.org_id = $1 and d.endpoint_id = e.id and d.next_attempt_at is not null) limit 1`,
      [stack.orgId, ids],
    );
    if (rows.length === 0) break;
    await delay(EVERY_MS);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  await stack.db.query(
    "update webhook_delivery set status = 'CANCELED', next_attempt_at = null where status = 'PENDING'",
  );
  const { rows } = await stack.db.query<{ wrong: number }>(
    "select count(*)::int as wrong from webhook_delivery where endpoint_id = any($1) and (status <> 'DELIVERED' or attempts <> 1)",
    [ids],
  );
  if (rows[0]!.wrong > 0) throw new Error(`${rows[0]!.wrong} deliveries were not delivered at once`);
  return (each * endpoints.length) / seconds;
}

type Receiver = { url: string; ask(message?: { measuresLatency?: boolean }): Promise<ReceiverReport>; stop(): void };

async function startReceiver(): Promise<Receiver> {
  const child = forkHere("delivery-receiver.ts");
  const { port } = await answerOf<{ port: number }>(child);
  return {
    url: `http://127.0.0.1:${port}`,
    ask(message = {}) {
      const answer = answerOf<ReceiverReport>(child);
      child.send(message);
      return answer;
    },
    stop: () => child.disconnect(),
  };
}

const forkHere = (file: string) => fork(join(import.meta.dirname, file), { execArgv: [] });

/** Its next message. */
function answerOf<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`a process of the bench ended with ${code}`));
    child.once("exit", ended);
    child.once("message", (message) => {
      child.off("exit", ended);
      resolve(message as T);
    });
  });
}

async function bare(url: string, bodies: string[], seconds: number): Promise<number> {
  const child = forkHere("bare-undici.ts");
  const job: BareUndiciJob = { url, bodies, concurrency: CONCURRENCY, seconds };
  child.send(job);
  return answerOf<number>(child);
}

/** From the end of a run to the arrival of its event, with nothing else going on. */
async function idleLatency(stack: BenchStack, to: Receiver): Promise<number[]> {
  await to.ask({ measuresLatency: true });
  const latencies: number[] = [];
  for (let n = 0; n < IDLE_RUNS; n++) {
    await delay(20 + Math.random() * 30);
    const answer = await fetch(`${stack.url}/api/v1/engines/${stack.engine.slug}/runs`, {
      method: "POST",
      headers: { authorization: `Bearer ${stack.key}`, "content-type": "application/json" },
      body: stack.engine.body,
    });
    if (answer.status !== 202) throw new Error(`a run was not accepted: ${answer.status}`);
    for (const deadline = performance.now() + 10_000; ;) {
      const { latenciesMs } = await to.ask();
      latencies.push(...latenciesMs);
      if (latencies.length > n) break;
      if (performance.now() > deadline) throw new Error("an event did not arrive within 10 s");
      await delay(2);
    }
  }
  await to.ask({ measuresLatency: false });
  return latencies;
}

async function measureLatency(
  stack: BenchStack,
  to: Receiver,
  live: Environment,
  say: Options["say"],
): Promise<Finding> {
  await makeEndpoint(stack, live, `${to.url}/idle`);
  const latencies = (await idleLatency(stack, to)).toSorted((a, b) => a - b);
  say(
    `idle: p50 ${median(latencies).toFixed(1)} ms, p95 ${latencies[Math.floor(latencies.length * 0.95)]!.toFixed(1)} ms`,
  );
  await emptyRuns(stack);
  await stack.db.query("delete from webhook_endpoint where environment_id = $1", [live.id]);
  return atMost("run's end → webhook received, idle, p50", median(latencies), 50, "ms");
}

/** A hundred endpoints: what they get a second, and what they get while one of them hangs. */
async function measureHanging(stack: BenchStack, to: Receiver, { seconds, rounds, say }: Options): Promise<Finding> {
  const endpoints: Endpoint[] = [];
  for (let n = 0; n < ENVIRONMENTS; n++) {
    const environment = await makeEnvironment(stack, `bench_${n}`);
    for (let m = 0; m < ENDPOINTS; m++) {
      const path = endpoints.length === 0 ? "hang" : `${n}/${m}`;
      endpoints.push(await makeEndpoint(stack, environment, `${to.url}/${path}`));
    }
  }
  const [hanging, ...others] = endpoints as [Endpoint, ...Endpoint[]];
  const each = Math.ceil((WAITING_A_SECOND * seconds) / others.length);
  const [alone, beside]: [number[], number[]] = [[], []];
  await drain(stack, others, Math.ceil(each / 4));
  for (let round = 1; round <= rounds; round++) {
    alone.push(await drain(stack, others, each));
    beside.push(await drain(stack, others, each, hanging));
    say(
      `round ${round}: to 99 endpoints ${Math.round(alone.at(-1)!)}/s; while one more hangs ${Math.round(beside.at(-1)!)}/s`,
    );
  }
  const cost = Math.max(0, 100 * (1 - median(beside) / median(alone)));
  return atMost("1 of 100 endpoints hangs: the others lose", cost, 5, "%", `${Math.round(median(alone))}/s`);
}

async function measureThroughput(
  stack: BenchStack,
  to: Receiver,
  live: Environment,
  { seconds, rounds, say }: Options,
): Promise<Finding> {
  const endpoints: Endpoint[] = [];
  for (let n = 0; n < ENDPOINTS; n++) endpoints.push(await makeEndpoint(stack, live, `${to.url}/${n}`));
  const each = Math.ceil((WAITING_A_SECOND * seconds) / ENDPOINTS);
  const bodies = Array.from({ length: 1_000 }, () => eventBody(newId(), live));
  await drain(stack, endpoints, Math.ceil(each / 4));
  const [floors, delivered]: [number[], number[]] = [[], []];
  for (let round = 1; round <= rounds; round++) {
    floors.push(await bare(`${to.url}/bare`, bodies, seconds));
    delivered.push(await drain(stack, endpoints, each));
    say(`round ${round}: bare undici ${Math.round(floors.at(-1)!)}/s; delivered ${Math.round(delivered.at(-1)!)}/s`);
  }
  return atLeast("webhooks delivered, sustained", median(delivered), median(floors), 0.4);
}

/** All three. Takes what it has made away again. */
export async function deliveries(stack: BenchStack, options: Options): Promise<Finding[]> {
  const to = await startReceiver();
  try {
    const live = await makeEnvironment(stack, "live");
    const latency = await measureLatency(stack, to, live, options.say);
    const throughput = await measureThroughput(stack, to, live, options);
    const hanging = await measureHanging(stack, to, options);
    return [throughput, latency, hanging];
  } finally {
    to.stop();
    await emptyDeliveries(stack);
    await stack.db.query("truncate webhook_endpoint, webhook_secret");
  }
}
