/** Runs the load generator in a process of its own. */
import { fork } from "node:child_process";
import { join } from "node:path";
import type { LoadJob, LoadReport } from "./load-generator.ts";

/**
 * Resolves with what happened. `onStart` is called when the requests begin. Throws when nothing came back as expected, with the first
 * answer that did not.
 */
export async function load(job: LoadJob, onStart: () => void = () => {}): Promise<LoadReport> {
  const child = fork(join(import.meta.dirname, "load-generator.ts"), { execArgv: [] });
  const { promise, resolve, reject } = Promise.withResolvers<LoadReport>();
  child.on("message", (message: LoadReport | { started: true }) =>
    "started" in message ? onStart() : resolve(message),
  );
  child.on("exit", (code) => reject(new Error(`the load generator ended with ${code}`)));
  child.send(job);
  const report = await promise;
  if (report.ok === 0) throw new Error(`no answer was ${job.expectStatus}:\n${report.firstOther}`);
  return report;
}
