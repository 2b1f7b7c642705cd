/**
 * `npm test`: everything that can be checked, from nothing but an `npm ci`. Says what it does, and ends with one line `N passed, N failed`.
 *
 * Steps run one after another, because the tests themselves use every core. A failed step does not keep the next ones from running.
 * `npm test -- lint types` runs only the steps that are named.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium, HOW_TO_GET_CHROMIUM, installChromium } from "../tests/e2e/fixtures/chromium.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const MINUTE_MS = 60_000;

const total = { passed: 0, failed: 0 };
const summary = [];
let running;

function bin(name) {
  return join(root, "node_modules/.bin", process.platform === "win32" ? `${name}.cmd` : name);
}

const seconds = (sinceMs) => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;

/** Runs a program with its output shown. Resolves to its exit code; a program that takes too long is ended with its whole group. */
function run(command, args, { env = {}, limitMs }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...env },
      detached: process.platform !== "win32",
    });
    running = child;
    const timer = setTimeout(() => {
      console.error(`  took longer than ${limitMs / MINUTE_MS} minutes and is ended`);
      endGroup(child, "SIGTERM");
      setTimeout(() => endGroup(child, "SIGKILL"), 15_000).unref();
    }, limitMs);
    const done = (code) => {
      clearTimeout(timer);
      running = undefined;
      resolve(code);
    };
    child.on("error", (error) => {
      console.error(`  ${command} cannot be run: ${error.message}`);
      done(-1);
    });
    child.on("exit", (code) => done(code ?? -1));
  });
}

function endGroup(child, signal) {
  try {
    process.kill(process.platform === "win32" ? child.pid : -child.pid, signal);
  } catch {
    // it has ended already
  }
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (running) endGroup(running, "SIGTERM");
    rmSync(reports, { recursive: true, force: true });
    process.exit(130);
  });
}

const STEPS = ["build", "lint", "format", "types", "tests", "browser"];
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !STEPS.includes(name));
if (unknown.length > 0) {
  console.error(`There is no step ${unknown.join(", ")}. The steps are: ${STEPS.join(", ")}`);
  process.exit(2);
}

const reports = mkdtempSync(join(tmpdir(), "nexio-test-reports-"));

/** One step: `work` resolves to `{passed, failed}`. */
async function step(name, what, work) {
  if (wanted.length > 0 && !wanted.includes(name)) return;
  console.log(`\n▸ ${name}: ${what}`);
  const startedMs = performance.now();
  let result;
  try {
    result = await work();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    result = { passed: 0, failed: 1 };
  }
  total.passed += result.passed;
  total.failed += result.failed;
  summary.push(
    `  ${result.failed === 0 ? "ok  " : "FAIL"} ${name.padEnd(8)} ${String(result.passed).padStart(5)} passed ${String(result.failed).padStart(4)} failed  ${seconds(startedMs)}`,
  );
}

/** A step that passes or fails as a whole. */
async function checked(command, args, limitMs = 5 * MINUTE_MS) {
  const code = await run(command, args, { limitMs });
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** What a runner's exit code says beyond its report: a run that failed has a failure, also when no single test did. */
function withExitCode(code, { passed, failed }) {
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
}

async function vitest() {
  const report = join(reports, "vitest.json");
  const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const code = await run(bin("vitest"), args, { limitMs: 30 * MINUTE_MS });
  const found = readReport(report);
  if (!found) return { passed: 0, failed: 1 };
  // A file that cannot be loaded has no tests that could fail.
  const broken = found.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
  if (found.numPendingTests > 0) console.log(`  ${found.numPendingTests} skipped`);
  return withExitCode(code, { passed: found.numPassedTests, failed: found.numFailedTests + broken.length });
}

async function browser() {
  let chromium = findChromium();
  if (chromium === undefined && !process.env.CHROMIUM_PATH) {
    console.log("  no Chromium found; installing the system package");
    const problem = installChromium((line) => console.log(`  $ ${line}`));
    if (problem) console.error(`  ${problem}`);
    chromium = findChromium();
  }
  if (chromium === undefined) {
    if (process.env.CHROMIUM_PATH)
      console.error(`  CHROMIUM_PATH=${process.env.CHROMIUM_PATH} is not a browser that starts`);
    throw new Error(HOW_TO_GET_CHROMIUM);
  }
  console.log(`  browser: ${chromium}`);
  const report = join(reports, "playwright.json");
  const code = await run(
    bin("playwright"),
    ["test", "--config", "tests/e2e/playwright.config.ts", "--reporter=list,json"],
    {
      env: { CHROMIUM_PATH: chromium, PLAYWRIGHT_JSON_OUTPUT_FILE: report },
      limitMs: 30 * MINUTE_MS,
    },
  );
  const found = readReport(report);
  if (!found) return { passed: 0, failed: 1 };
  const { expected, unexpected, flaky, skipped } = found.stats;
  if (skipped > 0) console.log(`  ${skipped} skipped`);
  return withExitCode(code, { passed: expected, failed: unexpected + flaky });
}

const startedMs = performance.now();
console.log(
  `Nexio's tests, with Node ${process.version}. PostgreSQL, sign-in and servers are started as they are needed.`,
);

// The build comes first: it writes next-env.d.ts, which the types need, and what the tests start.
await step("build", "production build of portal, server and worker", () =>
  checked(process.execPath, ["scripts/build.mjs"], 10 * MINUTE_MS),
);
await step("lint", "oxlint --deny-warnings", () => checked(bin("oxlint"), ["--deny-warnings"]));
await step("format", "oxfmt --check .", () => checked(bin("oxfmt"), ["--check", "."]));
await step("types", "tsc --noEmit", () => checked(bin("tsc"), ["--noEmit"]));
await step(
  "tests",
  "vitest: rules, services, API, worker, architecture, isolation, faults, on a real PostgreSQL",
  vitest,
);
await step("browser", "Playwright: the whole product in a real browser", browser);

rmSync(reports, { recursive: true, force: true });
console.log(`\n${summary.join("\n")}\n  in ${seconds(startedMs)}\n`);
process.exitCode = total.failed === 0 ? 0 : 1;
console.log(`${total.passed} passed, ${total.failed} failed`);
