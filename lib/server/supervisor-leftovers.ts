/**
 * Web and worker processes that outlived a killed supervisor. They end by themselves, but may take a moment to finish what they were
 * doing; until then the web process still has the port.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { RunningInfo } from "../local/data-folder.ts";
import { processIdentity } from "../local/process-identity.ts";

const PATIENCE_MS = 3_000;

/** Waits until the children that an earlier supervisor noted down have ended, and ends those that do not by themselves. */
export async function endLeftovers(left: RunningInfo | undefined): Promise<void> {
  const alive = () => (left?.children ?? []).filter(({ pid, identity }) => processIdentity(pid) === identity);
  const deadline = Date.now() + PATIENCE_MS;
  while (alive().length > 0 && Date.now() < deadline) await delay(50);
  for (const { pid } of alive()) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it ended in between
    }
  }
  while (alive().length > 0) await delay(20);
}
