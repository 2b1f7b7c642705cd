#!/usr/bin/env node
/** The `nexio` command: runs lib/cli from the build of the sources as they are, building it first where it is missing. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const OLDEST_NODE = 24;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");

async function run() {
  for (const name of [".env.local", ".env"]) {
    if (existsSync(join(root, name))) process.loadEnvFile(join(root, name));
  }
  process.env.NODE_ENV ??= "production";
  const { ensureBundles } = await import("../scripts/build.mjs");
  // What is printed on standard output is the command's own.
  const { folder } = await ensureBundles((line) => console.error(line));
  await import(join(folder, "cli.mjs"));
}

if (Number.parseInt(process.versions.node, 10) >= OLDEST_NODE) {
  run().catch((error) => {
    console.error(error instanceof Error && error.constructor === Error ? error.message : error);
    process.exit(1);
  });
} else {
  const child = spawn(join(root, "node_modules/node/bin/node"), process.argv.slice(1), { stdio: "inherit" });
  child.on("error", () => {
    console.error("Nexio's packages are not installed: run npm ci first");
    process.exit(1);
  });
  child.on("exit", (code) => process.exit(code ?? 1));
}
