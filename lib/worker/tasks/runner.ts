/**
 * Runs the background tasks on graphile-worker, inside the worker process, in a schema of its own.
 *
 * A task that is due every few seconds puts itself in line again when it has ended; a crontab entry every minute mends a broken chain
 * (graphile-worker keeps the job of a killed worker locked for four hours, and lets a new one of the same key beside it).
 * One job a task stands in line in the whole installation, whatever the number of workers.
 */
import { Logger as GraphileLogger, parseCronItems, run, type LogLevel, type Runner, type Task } from "graphile-worker";
import type { Logger } from "pino";
import type { Pool } from "pg";
import { backoffMs } from "../backoff.ts";
import { TASKS, type TaskDefinition } from "./catalog.ts";

const SCHEMA = "graphile_worker";
/** Jobs of the future are looked for so often. */
const POLL_INTERVAL_MS = 2_000;

type TaskTable = Readonly<Record<string, TaskDefinition>>;

export type TaskRunner = {
  /** Begins no further job. Resolves when what runs has ended or 4 s have passed. */
  stop(): Promise<void>;
};

/** Starts running tasks, now or as soon as PostgreSQL can be reached. */
export function startTasks(pool: Pool, log: Logger, tasks: TaskTable = TASKS): TaskRunner {
  const stopped = new AbortController();
  let runner: Runner | undefined;
  const ended = keepRunning();

  async function keepRunning(): Promise<void> {
    for (let failures = 0; !stopped.signal.aborted;) {
      try {
        runner = await startRunner(pool, log, tasks);
        failures = 0;
        if (stopped.signal.aborted) await runner.stop();
        await runner.promise;
      } catch (error) {
        failures++;
        if (failures === 1) log.warn({ err: error }, "background tasks do not run now; trying again");
      }
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

async function startRunner(pool: Pool, log: Logger, tasks: TaskTable): Promise<Runner> {
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
    taskList: Object.fromEntries(Object.entries(tasks).map(([name, task]) => [name, toJob(name, task, pool, log)])),
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

function toJob(name: string, task: TaskDefinition, pool: Pool, log: Logger): Task {
  return async (_payload, helpers) => {
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
