/** `npm test` itself: what it says where something is missing, and how it ends. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

const SCRIPT = join(import.meta.dirname, "../../scripts/test.mjs");

function run(steps: string[], env: Record<string, string> = {}) {
  const result = spawnSync(process.execPath, [SCRIPT, ...steps], { encoding: "utf8", env: { ...process.env, ...env } });
  return { ...result, lastLine: result.stdout.trimEnd().split("\n").at(-1) };
}

it("says what to do where there is no browser, and fails", () => {
  const { status, stderr, lastLine } = run(["browser"], { CHROMIUM_PATH: "/nowhere/chromium" });
  expect(stderr).toContain("CHROMIUM_PATH=/nowhere/chromium is not a browser that starts");
  expect(stderr).toContain("apt-get install chromium");
  expect(lastLine).toBe("0 passed, 1 failed");
  expect(status).toBe(1);
});

it("counts a step as one, and ends with the totals, which its exit code agrees with", () => {
  const { status, lastLine } = run(["format"]);
  expect(lastLine).toBe(status === 0 ? "1 passed, 0 failed" : "0 passed, 1 failed");
});

it("refuses a step that does not exist, and names those that do", () => {
  const { status, stderr } = run(["everything"]);
  expect(stderr).toContain("build, lint, format, types, tests, browser");
  expect(status).toBe(2);
});
