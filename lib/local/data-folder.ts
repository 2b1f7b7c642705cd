/**
 * The data folder (NEXIO_DATA_DIR, `.nexio/`): embedded PostgreSQL, secrets made on the first start, logs, and the lock
 * that lets one Nexio at a time use it. What is written beside the lock only says who has it.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { lockFile } from "./file-lock.ts";

/** What the running Nexio tells others about itself; written beside the lock, readable by its user only. */
export type RunningInfo = {
  pid: number;
  startedAt: string;
  /** Set once everything is ready. */
  url?: string;
  databaseUrl?: string;
  /** Set from when it was told to stop. */
  stopping?: true;
  /** Processes that may outlive a killed supervisor; see process-identity.ts for `identity`. */
  children: { role: string; pid: number; identity: string }[];
};

/** Proof that this process holds the folder. */
export type DataFolder = {
  readonly path: string;
  /** Replaces what others read about the holder. */
  describe(info: RunningInfo): void;
  /** What the previous holder left behind, if it could not clean up. */
  readonly leftBehind: RunningInfo | undefined;
  release(): void;
};

/** Thrown by `lockDataFolder` when another live process holds the folder. */
export class DataFolderInUse extends Error {
  readonly pid: number | undefined;
  constructor(path: string, info: RunningInfo | undefined) {
    const who = info ? ` (process ${info.pid}${info.url ? `, at ${info.url}` : ""})` : "";
    super(`Nexio is already running on the data folder ${path}${who}. It was left alone.`);
    this.name = "DataFolderInUse";
    this.pid = info?.pid;
  }
}

const RUNNING_FILE = "running.json";
// A holder whose npm was ended notices it within a quarter of a second, and is gone, or says that it is going, soon after.
const PATIENCE_MS = 1_500;
// What a stop may take: requests under way, and the database's last checkpoint.
const STOPPING_PATIENCE_MS = 45_000;

/**
 * Makes the folder where it is missing and locks it. A holder that is just stopping is waited for, and `notice` is told.
 * Throws DataFolderInUse when another process holds it, and an Error that names NEXIO_DATA_DIR when it cannot be made or written.
 */
export async function lockDataFolder(path: string, notice: (line: string) => void = () => {}): Promise<DataFolder> {
  makeFolder(path);
  const asked = Date.now();
  let told = false;
  for (;;) {
    const release = lockFile(join(path, "lock"), "exclusive");
    if (release) return hold(path, release);
    const info = readRunningInfo(path);
    const waitedMs = Date.now() - asked;
    if (waitedMs > (info?.stopping ? STOPPING_PATIENCE_MS : PATIENCE_MS)) throw new DataFolderInUse(path, info);
    if (info?.stopping && !told)
      notice(`Waiting for the Nexio on ${path} that is just stopping (process ${info.pid}) …`);
    told ||= info?.stopping === true;
    await delay(100);
  }
}

function hold(path: string, release: () => void): DataFolder {
  return {
    path,
    leftBehind: readRunningInfo(path),
    describe: (info) => replaceFile(join(path, RUNNING_FILE), `${JSON.stringify(info, null, 2)}\n`),
    release: () => {
      rmSync(join(path, RUNNING_FILE), { force: true });
      release();
    },
  };
}

function makeFolder(path: string): void {
  try {
    const outermostMade = mkdirSync(path, { recursive: true, mode: 0o700 });
    // Root's PostgreSQL runs as another user, who must be able to pass through; what lies inside has rights of its own.
    if (process.getuid?.() === 0) letPass(path, outermostMade ?? path);
    const probe = join(path, `.probe-${process.pid}`);
    writeFileSync(probe, "");
    rmSync(probe);
  } catch (error) {
    throw new Error(
      `The data folder ${path} cannot be used: ${(error as Error).message}. Set NEXIO_DATA_DIR to a folder that you may write.`,
      { cause: error },
    );
  }
}

function letPass(path: string, outermost: string): void {
  for (let folder = path; ; folder = dirname(folder)) {
    chmodSync(folder, (statSync(folder).mode & 0o777) | 0o011);
    if (folder === outermost || folder === dirname(folder)) return;
  }
}

/** Who runs on the folder, as it says itself; undefined when nobody ever did or the last one ended properly. */
export function readRunningInfo(path: string): RunningInfo | undefined {
  try {
    return JSON.parse(readFileSync(join(path, RUNNING_FILE), "utf8")) as RunningInfo;
  } catch {
    return undefined;
  }
}

/** Writes a file that only its user can read, whole or not at all. */
export function replaceFile(path: string, content: string): void {
  const draft = `${path}.${process.pid}.new`;
  writeFileSync(draft, content, { mode: 0o600, flush: true });
  renameSync(draft, path);
}

/**
 * A secret of this folder: read if it is there, else made and kept (0600). Two processes that ask at once get the same one.
 * `bytes` random bytes, base64url.
 */
export function folderSecret(folder: string, name: string, bytes = 32): string {
  const path = join(folder, name);
  const existing = readIfThere(path);
  if (existing) return existing;
  const draft = `${path}.${process.pid}.new`;
  writeFileSync(draft, `${randomBytes(bytes).toString("base64url")}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(draft, path); // fails where another was faster, never replaces
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(path, "utf8").trim();
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
