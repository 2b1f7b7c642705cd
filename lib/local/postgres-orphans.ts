/**
 * What a killed Nexio can leave on its data directory: a server without a master, backends without a server, a stale
 * postmaster.pid. The caller holds the folder's lock, so whatever still works there is an orphan.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { postgresProcessesOn } from "./process-identity.ts";

// Fast shutdown; then the one that skips the checkpoint (the log has everything); then the kernel's.
const STEPS = [
  ["SIGINT", 10_000],
  ["SIGQUIT", 5_000],
  ["SIGKILL", 5_000],
] as const;

/**
 * Stops every PostgreSQL process that works on `dataDirectory` and removes its stale pid and socket files. Processes are known by the
 * directory that they work in, never by a number out of a file: such a number may be anybody's by now.
 */
export async function clearAway(dataDirectory: string): Promise<void> {
  for (const [signal, waitMs] of STEPS) {
    const pids = postgresProcessesOn(dataDirectory);
    if (pids.length === 0) break;
    const server = serverAmong(pids, dataDirectory);
    if (server === undefined && signal === "SIGINT") continue; // to a backend alone it means "cancel the query"
    // Signalling the server alone lets it end its backends in order.
    for (const pid of server !== undefined && signal !== "SIGKILL" ? [server] : pids) signalIfThere(pid, signal);
    const deadline = Date.now() + waitMs;
    while (postgresProcessesOn(dataDirectory).length > 0 && Date.now() < deadline) await delay(20);
  }
  const left = postgresProcessesOn(dataDirectory);
  if (left.length > 0) {
    throw new Error(`Processes ${left.join(", ")} of an earlier PostgreSQL on ${dataDirectory} cannot be stopped`);
  }
  // Linux showed that nobody is there; elsewhere the server judges its files itself. It judges by the bare pid, and takes
  // a stranger, or a zombie that a container's first process never reaps, for its predecessor.
  if (process.platform === "linux") {
    const stale = readdirSync(dataDirectory).filter(
      (name) => name === "postmaster.pid" || name.startsWith(".s.PGSQL."),
    );
    for (const name of stale) rmSync(join(dataDirectory, name), { force: true });
  }
}

function serverAmong(pids: number[], dataDirectory: string): number | undefined {
  const file = join(dataDirectory, "postmaster.pid");
  if (!existsSync(file)) return undefined;
  const pid = Number.parseInt(readFileSync(file, "utf8"), 10);
  return pids.includes(pid) ? pid : undefined;
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
