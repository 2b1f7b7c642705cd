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
  workers: Math.max(1, Math.min(4, cpus().length)),
  forbidOnly: process.env.CI !== undefined,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  use: {
    launchOptions: { executablePath, args: FLAGS },
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
  },
});
