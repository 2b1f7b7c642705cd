/**
 * Runs the background tasks on graphile-worker, inside the worker process, in a schema of its own.
 *
 * A task that is due every few seconds puts itself in line again when it has ended; a crontab entry every minute mends a broken chain
 * (graphile-worker keeps the job of a killed worker locked for four hours, and lets a new one of the same key beside it).
 * One job a task stands in line in the whole installation, whatever the number of workers.
 *
 * Where a job has been overdue for a while and this worker runs none, the runner waits for what does not come, such as an answer over a connection
 * that PostgreSQL's end took with it: it is left, and another one started.
 */
import { Logger as GraphileLogger, parseCronItems, run, type LogLevel, type Runner, type Task } from "graphile-worker";
import type { Logger } from "pino";
import type { Pool } from "pg";
import { backoffMs } from "../backoff.ts";
import { TASKS, type TaskDefinition } from "./catalog.ts";

const SCHEMA = "graphile_worker";
/** Jobs of the future are looked for so often. */
const POLL_INTERVAL_MS = 2_000;
const STANDSTILL_MS = 30_000;

const OVERDUE = `
select from ${SCHEMA}.jobs
where locked_at is null and attempts < max_attempts and run_at < now() - $1 * interval '1 millisecond' limit 1`;

type TaskTable = Readonly<Record<string, TaskDefinition>>;

export type TaskRunner = {
  /** Begins no further job. Resolves when what runs has ended or 4 s have passed. */
  stop(): Promise<void>;
};

/** Starts running tasks, now or as soon as PostgreSQL can be reached. `standstillMs`: how long jobs may be overdue while none is run here. */
export function startTasks(
  pool: Pool,
  log: Logger,
  tasks: TaskTable = TASKS,
  { standstillMs = STANDSTILL_MS }: { standstillMs?: number } = {},
): TaskRunner {
  const stopped = new AbortController();
  let runner: Runner | undefined;
  const ended = keepRunning();

  async function keepRunning(): Promise<void> {
    for (let failures = 0; !stopped.signal.aborted;) {
      const activity = watchActivity(pool, standstillMs);
      const keep = async () => {
        const started = (runner = await startRunner(pool, log, tasks, activity));
        failures = 0;
        if (stopped.signal.aborted) await started.stop();
        await started.promise;
      };
      const running = keep();
      try {
        await Promise.race([running, activity.standstill]);
      } catch (error) {
        failures++;
        if (failures === 1) log.warn({ err: error }, "background tasks do not run now; trying again");
      }
      activity.forget();
      // Of one that stood still: what it waits for may come yet, and is then nobody's.
      running.catch(() => {});
      void runner?.kill("it does not run").catch(() => {});
      runner = undefined;
      if (!stopped.signal.aborted) await pause(backoffMs(failures, { maxMs: 10_000 }), stopped.signal);
    }
  }

  return {
    async stop() {
      stopped.abort();
      await Promise.race([Promise.all([runner?.stop().catch(() => {}), ended]), pause(4_000)]);
    },
  };
}

/** Whether anything runs. `standstill` rejects when nothing has for `standstillMs`, and something has been due for as long. */
function watchActivity(pool: Pool, standstillMs: number) {
  let jobs = 0;
  let atMs = performance.now();
  const { promise: standstill, reject } = Promise.withResolvers<never>();
  const isQuiet = () => jobs === 0 && performance.now() - atMs > standstillMs;
  const look = async () => {
    if (!isQuiet()) return;
    const { rows } = await pool.query(OVERDUE, [standstillMs]);
    if (rows.length > 0 && isQuiet()) reject(new Error("jobs are overdue, and none is run"));
  };
  // While PostgreSQL is away nothing is known, and nothing can be run.
  const watch = setInterval(() => void look().catch(() => {}), standstillMs / 6);
  watch.unref();
  return {
    standstill,
    async during(work: () => Promise<void>): Promise<void> {
      jobs += 1;
      try {
        await work();
      } finally {
        jobs -= 1;
        atMs = performance.now();
      }
    },
    forget: () => clearInterval(watch),
  };
}

type Activity = ReturnType<typeof watchActivity>;

async function startRunner(pool: Pool, log: Logger, tasks: TaskTable, activity: Activity): Promise<Runner> {
  const runner = await run({
    pgPool: pool,
    schema: SCHEMA,
    // Not for the batches: only so does graphile-worker look after what telling PostgreSQL of a job's end comes to. Its other way leaves a promise
    // to itself, and when PostgreSQL goes away in that moment the whole worker ends by an unhandled rejection.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    concurrency: 1,
    pollInterval: POLL_INTERVAL_MS,
    noHandleSignals: true,
    logger: new GraphileLogger(
      (scope) => (level, message) => log[pinoLevel(level)]({ task: scope.taskIdentifier }, message),
    ),
    taskList: Object.fromEntries(
      Object.entries(tasks).map(([name, task]) => [name, toJob(name, task, pool, log, activity)]),
    ),
    parsedCronItems: parseCronItems(
      Object.entries(tasks).map(([task, { due }]) => ({
        task,
        match: "cron" in due ? due.cron : "* * * * *",
        identifier: task,
        options: { jobKey: task, jobKeyMode: "preserve_run_at" as const, maxAttempts: 3 },
      })),
    ),
  });
  for (const task of Object.keys(tasks)) await runner.addJob(task, {}, { jobKey: task, maxAttempts: 3 });
  return runner;
}

function toJob(name: string, task: TaskDefinition, pool: Pool, log: Logger, activity: Activity): Task {
  const work: Task = async (_payload, helpers) => {
    try {
      const figures = await task.run(pool);
      log.debug({ task: name, ...figures }, "background task done");
    } catch (error) {
      // A job that fails is tried again by graphile-worker; one that comes again anyway need not be.
      if (!("everyMs" in task.due)) throw error;
      log.warn({ err: error, task: name }, "a background task failed");
    }
    if (!("everyMs" in task.due)) return;
    const runAt = new Date(Date.now() + task.due.everyMs);
    await helpers.addJob(name, {}, { jobKey: name, runAt, maxAttempts: 3 });
  };
  return (payload, helpers) => activity.during(async () => void (await work(payload, helpers)));
}

// What graphile-worker says of its own work is detail; what goes wrong is ours to know.
function pinoLevel(level: `${LogLevel}`): "error" | "warn" | "debug" | "trace" {
  if (level === "error") return "error";
  if (level === "warning") return "warn";
  return level === "info" ? "debug" : "trace";
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    timer.unref();
    signal?.addEventListener("abort", () => resolve(), { once: true });
  });
}
