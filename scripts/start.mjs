/**
 * `npm start`: builds what changed since the last build, then runs the supervisor in this process. `--dev` (`npm run dev`) serves the
 * portal from its sources and starts web and worker again when theirs change.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const OLDEST_NODE = 24;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** npm puts the project's own Node first; whoever runs this file by hand may have an older one. */
function runWithOwnNode() {
  const own = join(root, "node_modules/node/bin/node");
  if (!existsSync(own)) {
    console.error("Nexio's packages are not installed: run npm ci first");
    process.exit(1);
  }
  const child = spawn(own, process.argv.slice(1), { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code) => process.exit(code ?? 1));
}

/** Variables of .env.local and .env, as Next reads them; what is set already stays. */
function loadEnvFiles() {
  for (const name of [".env.local", ".env"]) {
    if (existsSync(join(root, name))) process.loadEnvFile(join(root, name));
  }
}

async function start() {
  const dev = process.argv.includes("--dev");
  process.chdir(root);
  const { watchLauncher } = await import("./launcher.mjs");
  watchLauncher(() => process.kill(process.pid, "SIGTERM"));
  loadEnvFiles();
  process.env.NODE_ENV = dev ? "development" : "production";
  if (dev) {
    const { watchBundles } = await import("./watch.mjs");
    await watchBundles();
    return;
  }
  const { ensureBuild } = await import("./build.mjs");
  const { folder } = await ensureBuild((line) => console.log(line));
  await import(join(folder, "supervisor.mjs"));
}

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  runWithOwnNode();
} else {
  start().catch((error) => {
    console.error(error instanceof Error && error.constructor === Error ? error.message : error);
    process.exit(1);
  });
}
