/**
 * The worker process: executes runs, delivers webhooks and does the background work. Any number of them may run on one database.
 *
 * It ends by SIGTERM, or when the supervisor that started it is gone: what is being evaluated may end, the rest is handed back, and
 * the process is gone within 10 seconds.
 */
import { closeDatabase, pool } from "../db.ts";
import { env } from "../env.ts";
import { newId } from "../ids.ts";
import { loggerFor } from "../logger.ts";
import { WAKE_MESSAGE } from "../wake.ts";
import { openWorkerPools } from "./database.ts";
import { startDeliverer } from "./deliverer.ts";
import { createEvaluatorPool } from "./evaluator-pool.ts";
import { startExecution } from "./execution.ts";
import { beat, endBeat, HEARTBEAT_MS } from "./heartbeat.ts";
import { startPeriodic } from "./periodic.ts";
import { startTasks } from "./tasks/runner.ts";
import { startWakeListener } from "./wake-listener.ts";

/** Of the 10 seconds: for evaluations to end, then for results to be recorded, then for everything else to close. */
const GRACE_MS = 5_000;
const RECORD_MS = 3_000;
const LONGEST_STOP_MS = 9_500;

const log = loggerFor("worker");
const workerId = newId();

const pools = openWorkerPools();
const evaluators = createEvaluatorPool({
  size: env.NEXIO_EVALUATORS,
  traceCharsPerSecond: env.NEXIO_TRACE_RATE * 1_024,
  // Asked for the first time by the first run, which comes from the execution.
  mayEvaluate: () => execution.mayEvaluate(),
  onTrouble: ({ message, ...fields }) => log.warn(fields, message),
});
const deliverer = startDeliverer({ pools, log: loggerFor("deliverer") });
const execution = startExecution({ pools, evaluators, log, onQueued: (orgId) => deliverer.wake(orgId) });
const heartbeat = startPeriodic("the heartbeat", HEARTBEAT_MS, log, async () => {
  await beat(pools.record, workerId);
  tellHealth();
});
const tasks = startTasks(pool(), loggerFor("tasks"));
const wakeListener = startWakeListener(log, wake);
log.info({ workerId, pid: process.pid }, "the worker runs");

function wake(): void {
  execution.wake();
  deliverer.wake();
}

let lastRecorded = 0;

// A line every few seconds while there is something to tell.
function tellHealth(): void {
  const stats = execution.stats();
  const deliveries = deliverer.stats();
  const { children, busy, waiting, apart, killed } = evaluators.stats();
  const recorded = stats.recorded + deliveries.delivered + deliveries.failed;
  const level = recorded !== lastRecorded || stats.held > 0 || deliveries.sending > 0 ? "info" : "debug";
  lastRecorded = recorded;
  log[level](
    { workerId, ...stats, evaluators: { children, busy, waiting, apart, killed }, deliveries },
    "worker health",
  );
}

let stopping = false;

async function stop(why: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  log.info({ workerId, why }, "the worker stops");
  setTimeout(() => process.exit(1), LONGEST_STOP_MS).unref();
  // What ends meanwhile is delivered by another worker, or by the next one.
  const working = [execution.stop(GRACE_MS, RECORD_MS), deliverer.stop(GRACE_MS, RECORD_MS)];
  await Promise.all([...working, tasks.stop(), wakeListener.stop()]);
  await heartbeat.stop();
  await endBeat(pools.record, workerId).catch(() => {}); // PostgreSQL may be gone already
  await Promise.all([pools.close(), closeDatabase()]).catch(() => {});
  log.info({ workerId, ...execution.stats() }, "the worker has stopped");
  process.exit(0);
}

process.on("message", (message: { type?: unknown } | null) => {
  if (message?.type === WAKE_MESSAGE.type) wake();
});
process.on("disconnect", () => void stop("the supervisor is gone"));
process.on("SIGTERM", () => void stop("SIGTERM"));
// Ctrl-C in a terminal reaches every process; under a supervisor, it is the one to say when.
process.on("SIGINT", () => {
  if (!process.connected) void stop("SIGINT");
});
