/** Execution of runs of http engines in tests: real services on loopback, and callbacks through the API itself. */
import { pino } from "pino";
import { createApiApp } from "../../lib/api/app.ts";
import type { OutboundClient } from "../../lib/outbound/client.ts";
import { openWorkerPools } from "../../lib/worker/database.ts";
import { createEvaluatorPool } from "../../lib/worker/evaluator-pool.ts";
import { startExecution, type Execution, type ExecutionSettings } from "../../lib/worker/execution.ts";
import { sql } from "../fixtures/database.ts";
import { startReceiver, type Answer, type Received, type Receiver } from "../fixtures/receiver.ts";

const log = pino({ level: "silent" });
let stops: (() => Promise<unknown>)[] = [];

/** Stops everything that was started; for after each test. */
export async function stopAll(): Promise<void> {
  for (const stop of stops.toReversed()) await stop();
  stops = [];
}

/** A customer's service. */
export async function service(answer: Answer): Promise<Receiver> {
  const receiver = await startReceiver(answer);
  stops.push(() => receiver.stop());
  return receiver;
}

/** Executes whatever is waiting, until the end of the test. */
export function execute(
  settings: Partial<ExecutionSettings> = {},
  client?: OutboundClient,
): Execution & { stopNow(): Promise<void> } {
  const pools = openWorkerPools();
  const evaluators = createEvaluatorPool({ mayEvaluate: () => execution.mayEvaluate() });
  const execution = startExecution({ pools, evaluators, log, settings, ...(client ? { client } : {}) });
  let stopped: Promise<void> | undefined;
  const stopNow = () =>
    (stopped ??= (async () => {
      await execution.stop(0, 60_000);
      await pools.close();
    })());
  stops.push(stopNow);
  return { ...execution, stopNow };
}

export type CallOfRun = {
  run_id: string;
  environment: string;
  engine: string;
  engine_version: string;
  input: unknown;
  offerings?: unknown;
  callback: { url: string; token: string; expires_at: string };
};

/** What a service was sent. */
export const bodyOf = (received: Received) => JSON.parse(received.body) as CallOfRun;

const app = createApiApp();

/** Sends a callback as a service does: to the URL that it was given. */
export async function callBack(
  { url, token }: { url: string; token?: string | undefined },
  body: unknown,
): Promise<{ status: number; body: { code?: string; message?: string; status?: string } }> {
  const response = await app.request(new URL(url).pathname, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

/** A run's stored output. */
export async function outputOf(runId: string): Promise<{
  text: string;
  output?: unknown;
  solutions?: unknown;
  error?: { code: string; message: string; details?: Record<string, unknown> };
}> {
  const [row] = await sql<{ body: string }>("select body from run_payload where run_id = $1 and kind = 'output'", [
    runId,
  ]);
  return row ? { text: row.body, ...(JSON.parse(row.body) as object) } : { text: "" };
}
