/**
 * Stops the embedded PostgreSQL when the process that started it is killed, so that nothing goes on running unseen.
 *
 * A shell of some 100 KB waits on a pipe that the kernel closes when this process dies. Before it signals, it makes sure that
 * the server is still the one it was set over.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { bareEnvironment, ownership, type PostgresUser } from "./postgres-user.ts";

const SCRIPT = `
read -r _ && exit 0
sleep "$3"
[ "$(head -n 1 "$1" 2>/dev/null)" = "$2" ] && kill -INT "$2"
`;

/** Sets a watcher over the server; `dismiss` ends it once the server has ended by itself. */
export function watchOver(
  dataDirectory: string,
  pid: number,
  user: PostgresUser | undefined,
  graceMs: number,
): { dismiss(): void } {
  if (process.platform === "win32") return { dismiss: () => {} };
  const args = ["-c", SCRIPT, "sh", join(dataDirectory, "postmaster.pid"), String(pid), String(graceMs / 1000)];
  const watcher = spawn("/bin/sh", args, {
    ...ownership(user),
    cwd: "/",
    env: bareEnvironment(),
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  watcher.on("error", () => {}); // without it the next start clears away, as said in postgres-orphans.ts
  watcher.stdin.on("error", () => {});
  watcher.unref();
  (watcher.stdin as unknown as { unref?(): void }).unref?.();
  return { dismiss: () => void watcher.stdin.end("dismissed\n") };
}
