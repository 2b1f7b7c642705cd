/**
 * Builds of this checkout, each in a folder of its own: dist/<hash of the sources>/ holds the bundles of the server and `next/`.
 *
 * A start that finds the folder of its sources builds nothing. A build never touches the folder that a running Nexio was started from:
 * pages and modules are loaded from it for as long as it runs. Folders that nobody uses any more are removed after the next build.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { lockFile } from "../lib/local/file-lock.ts";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
export const DIST = join(ROOT, "dist");

/** Everything that goes into a build. `public/` is read while serving, and the Prisma client is made from the schema. */
const SOURCES = [
  "app",
  "components",
  "lib",
  "prisma/schema.prisma",
  "scripts/build.mjs",
  "proxy.ts",
  "next.config.mjs",
  "postcss.config.mjs",
  "tsconfig.json",
  "package.json",
  "package-lock.json",
];

function* filesIn(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return;
  if (stat.isFile()) yield path;
  if (!stat.isDirectory() || path === join(ROOT, "lib/generated")) return;
  for (const name of readdirSync(path).sort()) yield* filesIn(join(path, name));
}

/** A short text that changes when anything changes that goes into a build. Takes some 30 ms. */
export function sourceHash() {
  const hash = createHash("sha256");
  for (const source of SOURCES) {
    for (const file of filesIn(join(ROOT, source))) {
      const content = readFileSync(file);
      hash.update(`${relative(ROOT, file).split(sep).join("/")}\0${content.length}\0`).update(content);
    }
  }
  return hash.digest("hex").slice(0, 16);
}

/** The last thing that a build writes. */
export const COMPLETE = "complete";
/** The file in a build whose lock says that somebody uses it. */
export const IN_USE = "in-use";

/**
 * Takes a finished build into use, so that no later build removes it while this process lives. Undefined when it is not there.
 */
export function takeIntoUse(name) {
  const folder = join(DIST, name);
  if (!existsSync(join(folder, COMPLETE))) return undefined;
  let release;
  try {
    release = lockFile(join(folder, IN_USE), "shared");
  } catch {
    // A folder that this user may not write: then nobody will remove it either.
    return { folder, release: () => {} };
  }
  // Between the look and the lock it may have been removed.
  if (release && existsSync(join(folder, COMPLETE))) return { folder, release };
  release?.();
  return undefined;
}

/** Removes the builds that nobody uses, except one. Only for whoever holds the build lock. */
export function removeUnused(kept) {
  for (const entry of readdirSync(DIST, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === kept) continue;
    const folder = join(DIST, entry.name);
    const release = lockFile(join(folder, IN_USE), "exclusive", 0);
    if (!release) continue;
    rmSync(join(folder, COMPLETE), { force: true });
    rmSync(folder, { recursive: true, force: true });
    release();
  }
}
