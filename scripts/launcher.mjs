/**
 * Notices when the npm that ran this program is gone. npm passes no signal on: a SIGTERM ends npm and its shell, a kill -9 ends npm alone,
 * and either way everything below would go on unseen, with the data folder and the port.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { processIdentity } from "../lib/local/process-identity.ts";

const LOOK_EVERY_MS = 250;

function parentOf(pid) {
  if (process.platform === "linux") {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  }
  return Number(execFileSync("ps", ["-o", "ppid=", "-p", String(pid)], { encoding: "utf8" }));
}

/** Calls `onGone` once when npm, or the shell that it put between, has ended. Does nothing where npm did not start this program. */
export function watchLauncher(onGone) {
  const byNpm = process.env.npm_lifecycle_script?.includes("scripts/start.mjs");
  if (!byNpm || process.platform === "win32") return;
  const shell = process.ppid;
  let npm;
  try {
    npm = parentOf(shell);
  } catch {
    onGone(); // it ended before this program could look
    return;
  }
  const identity = process.platform === "linux" ? processIdentity(npm) : undefined;
  const isThere = () => {
    if (process.ppid !== shell) return false;
    // A zombie that nobody reaps still has its number, so that where it can be asked, more than that is asked.
    if (identity !== undefined) return processIdentity(npm) === identity;
    try {
      return process.kill(npm, 0);
    } catch (error) {
      return error.code === "EPERM";
    }
  };
  const timer = setInterval(() => {
    if (isThere()) return;
    clearInterval(timer);
    onGone();
  }, LOOK_EVERY_MS);
  timer.unref();
}
