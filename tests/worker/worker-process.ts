/** Workers as real processes on the test file's database. */
import { join } from "node:path";
import { testDatabase } from "../fixtures/database.ts";
import { startProcess, type TestProcess } from "../fixtures/processes.ts";

const MAIN = join(import.meta.dirname, "../../lib/worker/main.ts");
let started: TestProcess[] = [];

export const workerEnv = () => ({
  ...process.env,
  DATABASE_URL: testDatabase().url,
  NEXIO_ROLE: "worker",
  LOG_LEVEL: "info",
});

/** Starts one; stopWorkerProcesses ends it. */
export async function startWorkerProcess(): Promise<TestProcess> {
  const worker = await startProcess({ command: process.execPath, args: [MAIN], env: workerEnv() });
  started.push(worker);
  return worker;
}

export async function stopWorkerProcesses(): Promise<void> {
  await Promise.all(started.map((worker) => worker.stop()));
  started = [];
}
