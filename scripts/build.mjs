/**
 * Builds the program: Next (portal) and the bundles of supervisor, web, worker, evaluator and command line.
 * `npm run build` does it by hand; `npm start` and `nexio` do it when the sources have changed since.
 */
import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { lockFile } from "../lib/local/file-lock.ts";
import { COMPLETE, DIST, removeUnused, ROOT, sourceHash, takeIntoUse } from "./build-folders.mjs";
import { generatePrismaClient } from "./generate-prisma-client.mjs";

/** Programs of their own, by the names of their bundles. */
export const ENTRIES = {
  supervisor: "lib/server/supervisor.ts",
  migrate: "lib/local/migrate.ts",
  web: "lib/server/main.ts",
  worker: "lib/worker/main.ts",
  evaluator: "lib/worker/evaluator-child.ts",
  cli: "lib/cli/main.ts",
};

/** How esbuild makes the bundles, into `folder`. */
export function bundleOptions(folder) {
  return {
    absWorkingDir: ROOT,
    entryPoints: ENTRIES,
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    packages: "external",
    platform: "node",
    target: "node24",
    format: "esm",
    sourcemap: "linked",
    sourcesContent: false,
    logLevel: "silent", // what is wrong is in the error that it throws
  };
}

/**
 * The build of the sources as they are now, built if it is not there, and in use by this process until `release`.
 * Of several processes that need the same build at once, one builds and the others wait. `say` is told of anything that takes time.
 */
export async function ensureBuild(say) {
  return takeIntoUse(sourceHash()) ?? (await underBuildLock(say, (hash) => takeIntoUse(hash) ?? buildAll(hash, say)));
}

const present = (hash) => takeIntoUse(hash) ?? takeIntoUse(`${hash}-bundles`);

/** As ensureBuild, but the bundles alone are enough: for programs that serve no pages. Takes a fraction of a second. */
export async function ensureBundles(say) {
  return (
    present(sourceHash()) ?? (await underBuildLock(say, async (hash) => present(hash) ?? (await buildBundles(hash))))
  );
}

async function underBuildLock(say, work) {
  mkdirSync(DIST, { recursive: true });
  const unlock = await buildLock(say);
  try {
    return await work(sourceHash());
  } finally {
    unlock();
  }
}

async function buildLock(say) {
  for (let told = false; ; told = true) {
    const unlock = lockFile(join(DIST, "build.lock"), "exclusive", 200);
    if (unlock) return unlock;
    if (!told) say("Waiting for another build of this checkout …");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const DRAFT = join(DIST, "unfinished");

async function bundleDraft() {
  rmSync(DRAFT, { recursive: true, force: true });
  generatePrismaClient();
  const { build, stop } = await import("esbuild");
  await build(bundleOptions(DRAFT));
  await stop(); // its own process, which would stay as long as this one
}

async function buildBundles(hash) {
  await bundleDraft();
  return takeIntoUse(finish(hash, "-bundles"));
}

async function buildAll(hash, say) {
  say("Building Nexio: once, and again when its sources change …");
  await bundleDraft();
  await buildNext();
  copyNext(join(ROOT, ".next"), join(DRAFT, "next"));
  const name = finish(hash, "");
  const use = takeIntoUse(name);
  writeStubs(name);
  removeUnused(name);
  return use;
}

/** Puts the draft in its place and returns its name there. */
function finish(hash, suffix) {
  writeFileSync(join(DRAFT, COMPLETE), `${new Date().toISOString()}\n`);
  // What changed while it was being built may be in it or not: such a build serves this start, and is nobody else's.
  const name = sourceHash() === hash ? `${hash}${suffix}` : `${hash}${suffix}-changed-${process.pid}`;
  rmSync(join(DIST, name), { recursive: true, force: true });
  renameSync(DRAFT, join(DIST, name));
  return name;
}

// Somebody may be building with Next's own command line; Next admits one at a time.
const NEXT_IS_BUSY = /Another next build process is already running/;

async function buildNext() {
  for (const deadline = Date.now() + 300_000; ;) {
    const { code, output } = await runNextBuild();
    if (code === 0) return;
    if (!NEXT_IS_BUSY.test(output) || Date.now() > deadline) throw new Error(`next build failed:\n${output}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function runNextBuild() {
  // A build is made of the sources alone. What a Nexio is told by variables is decided when it starts, and Next writes some into a build.
  const ofOurs = /^(NEXIO_|WORKOS_|NEXT_PUBLIC_|DATABASE_|PLATFORM_URL$|API_URL$|HOST$|PORT$|LOG_LEVEL$|FORCE_COLOR$)/;
  const others = Object.entries(process.env).filter(([name]) => !ofOurs.test(name));
  const env = { ...Object.fromEntries(others), NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", NO_COLOR: "1" };
  const child = spawn(process.execPath, [join(ROOT, "scripts/next-build.mjs")], {
    cwd: ROOT,
    env,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const interrupt = (signal) => {
    child.kill("SIGKILL");
    process.exit(signal === "SIGINT" ? 130 : 143);
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  try {
    const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
    return { code, output };
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

const NOT_SERVED = new Set(["cache", "dev", "diagnostics", "types", "trace", "trace-build", "lock"]);

// Next links packages that stay outside its bundles by paths relative to the place where it built.
function copyNext(from, to) {
  cpSync(from, to, {
    recursive: true,
    filter: (source) => dirname(source) !== from || !NOT_SERVED.has(relative(from, source)),
    verbatimSymlinks: true,
  });
  const finalPlace = join(DIST, "any", "next");
  const links = join(from, "node_modules");
  for (const link of existsSync(links) ? symlinksIn(links) : []) {
    const copy = join(to, relative(from, link));
    const inPlace = join(finalPlace, relative(from, link));
    rmSync(copy);
    symlinkSync(relative(dirname(inPlace), join(dirname(link), readlinkSync(link))), copy);
  }
}

function symlinksIn(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (lstatSync(path).isSymbolicLink()) return [path];
    return lstatSync(path).isDirectory() ? symlinksIn(path) : [];
  });
}

/** dist/<entry>.mjs leads to the newest build, for those who run a program by a fixed name. */
function writeStubs(name) {
  for (const entry of Object.keys(ENTRIES)) {
    const draft = join(DIST, `${entry}.mjs.new`);
    writeFileSync(draft, `import "./${name}/${entry}.mjs";\n`);
    renameSync(draft, join(DIST, `${entry}.mjs`));
  }
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    const { folder } = await ensureBuild((line) => console.log(line));
    console.log(`Built in ${relative(ROOT, folder)}`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
