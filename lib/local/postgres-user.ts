/**
 * As whom PostgreSQL runs. It refuses to run as root; where Nexio was started as root (containers, fresh cloud machines) the
 * server gets a user of its own, who must be able to reach its folder.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** An operating-system user; `undefined` wherever this type is optional means "whoever runs this program". */
export type PostgresUser = { name: string; uid: number; gid: number };

/**
 * The user for PostgreSQL's processes: undefined unless this program runs as root. An existing data directory keeps its owner;
 * otherwise `postgres`, else `nobody`. Throws when the machine has neither.
 */
export function postgresUser(dataDirectory: string): PostgresUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = passwdEntries();
  const owner = statSync(dataDirectory, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) {
    return users.find((user) => user.uid === owner.uid) ?? { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid };
  }
  const user = ["postgres", "nobody"].map((name) => users.find((candidate) => candidate.name === name)).find(Boolean);
  if (user) return user;
  throw new Error(
    "PostgreSQL refuses to run as root, and this machine has neither a user postgres nor nobody: " +
      "start Nexio as an ordinary user, or set DATABASE_URL",
  );
}

function passwdEntries(): PostgresUser[] {
  return readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .filter((fields) => fields.length >= 4)
    .map(([name, , uid, gid]) => ({ name: name!, uid: Number(uid), gid: Number(gid) }));
}

/** Whether the user can enter the folder (and everything above it) and, where asked, read or execute the file in it. */
export function canReach(user: PostgresUser | undefined, folder: string, file?: string): boolean {
  if (!user) return true;
  const script = file ? 'cd "$1" && test -x "$2"' : 'cd "$1"';
  const probe = spawnSync("/bin/sh", ["-c", script, "sh", folder, file ?? ""], {
    uid: user.uid,
    gid: user.gid,
    cwd: "/",
    stdio: "ignore",
    env: bareEnvironment(),
  });
  return probe.status === 0;
}

/** The outermost folder on the way to `folder` that the user cannot enter, with its rights, for an error message. */
export function obstacle(user: PostgresUser, folder: string): string {
  const way: string[] = [];
  for (let step = folder; ; step = dirname(step)) {
    way.unshift(step);
    if (step === dirname(step)) break;
  }
  const closed = way.find((step) => !canReach(user, step)) ?? folder;
  const rights = (statSync(closed).mode & 0o777).toString(8).padStart(4, "0");
  return `${closed} (rights ${rights})`;
}

/** Only the user, and root, may get at the file or folder. */
export function ownership(user: PostgresUser | undefined): { uid?: number; gid?: number } {
  return user ? { uid: user.uid, gid: user.gid } : {};
}

/** What PostgreSQL's programs get to know: nothing of the caller's PG… variables, and no language to translate messages into. */
export function bareEnvironment(): NodeJS.ProcessEnv {
  return { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" } as unknown as NodeJS.ProcessEnv;
}
