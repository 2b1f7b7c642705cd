/**
 * Which process is it really? A pid alone says little: it is used again. Before this program signals a process that it did not
 * start itself, it makes sure by what is asked here.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";

const LINUX = process.platform === "linux";

/**
 * A text that no other process on this machine ever shares with this one: its pid with the moment it started.
 * Undefined when there is no such process.
 */
export function processIdentity(pid: number): string | undefined {
  try {
    if (LINUX) {
      // Field 22 of stat, counted after the command in brackets: start time in ticks since boot.
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (fields[0] === "Z") return undefined;
      const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
      return `${boot}:${pid}:${fields[19]}`;
    }
    if (process.platform === "win32") return undefined;
    const started = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
    return started === "" ? undefined : `${pid}:${started}`;
  } catch {
    return undefined;
  }
}

/** The pids of the PostgreSQL processes (server and backends) that work on a data directory, whoever started them. */
export function postgresProcessesOn(dataDirectory: string): number[] {
  const real = realpathSync(dataDirectory);
  if (LINUX) return linuxPostgresProcesses(real);
  if (process.platform === "win32") return [];
  // Elsewhere only the server itself tells its directory, on its command line.
  const table = execFileSync("ps", ["-axo", "pid=,args="], { encoding: "utf8", maxBuffer: 16 << 20 });
  return table
    .split("\n")
    .filter(
      (line) => line.includes("postgres") && (line.includes(`-D ${dataDirectory} `) || line.includes(`-D ${real} `)),
    )
    .map((line) => Number.parseInt(line, 10));
}

// Every PostgreSQL process has the data directory as its working directory; that survives the death of its server.
function linuxPostgresProcesses(real: string): number[] {
  const found: number[] = [];
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      if (readlinkSync(`/proc/${entry}/cwd`) !== real) continue;
      if (/\/postgres( \(deleted\))?$/.test(readlinkSync(`/proc/${entry}/exe`))) found.push(Number(entry));
    } catch {
      // gone in between, or somebody else's
    }
  }
  return found;
}
