/**
 * Every test that is not in a browser. One real PostgreSQL a run (globalSetup), a database of its own for each test file (setupFiles):
 * see tests/fixtures/database.ts. Browser tests are Playwright's (tests/e2e), benches are `npm run bench`.
 *
 * Two groups, one after the other: tests of parts, and tests that start the whole product, of which two at a time are enough for any machine.
 */
import { defineConfig } from "vitest/config";

const WHOLE = ["tests/faults/**/*.test.ts", "tests/start/**/*.test.ts"];

export default defineConfig({
  resolve: { alias: { "@": import.meta.dirname } },
  test: {
    // Inherited by both groups.
    setupFiles: ["tests/fixtures/setup-file.ts"],
    // A process a file: modules with state at globalThis (pool, batcher, caches) start fresh, and a crash names its file.
    pool: "forks",
    isolate: true,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    restoreMocks: true,
    unstubEnvs: true,
    globalSetup: ["tests/fixtures/global-setup.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "parts",
          include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"],
          exclude: [...WHOLE, "tests/e2e/**", "tests/bench/**"],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: "whole", include: WHOLE, maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
