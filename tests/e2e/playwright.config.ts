/**
 * Browser tests: a real Chromium against the whole product as `npm start` runs it, started by fixtures/global-setup.ts.
 */
import { cpus } from "node:os";
import { defineConfig } from "@playwright/test";
import { findChromium, HOW_TO_GET_CHROMIUM } from "./fixtures/chromium.ts";

const executablePath = findChromium();
if (executablePath === undefined) throw new Error(HOW_TO_GET_CHROMIUM);

// As root Chromium has no sandbox; containers have a small /dev/shm; and it is to speak to nobody but the stack.
const FLAGS = [
  "--no-sandbox",
  "--disable-dev-shm-usage",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export default defineConfig({
  testDir: ".",
  testMatch: "**/*.spec.ts",
  globalSetup: "./fixtures/global-setup.ts",
  outputDir: "../../test-results",
  fullyParallel: true,
  // They wait for the stack as much as they work: three at a time also where there are two cores.
  workers: Math.min(4, Math.max(3, cpus().length)),
  forbidOnly: process.env.CI !== undefined,
  retries: 0,
  // They bound how long a broken test takes, and are far beyond what a loaded machine needs.
  timeout: 240_000,
  expect: { timeout: 45_000 },
  reporter: [["list"]],
  use: {
    launchOptions: { executablePath, args: FLAGS },
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    // To record one costs every test time; `npx playwright test --trace retain-on-failure` does where it is wanted.
    trace: "off",
    screenshot: "only-on-failure",
  },
});
