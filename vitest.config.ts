/**
 * Every test that is not in a browser. One real PostgreSQL a run (globalSetup), a database of its own for each test file (setupFiles):
 * see tests/fixtures/database.ts. Browser tests are Playwright's (tests/e2e), benches are `npm run bench`.
 */
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": import.meta.dirname } },
  test: {
    include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"],
    exclude: ["tests/e2e/**", "tests/bench/**", "node_modules/**"],
    globalSetup: ["tests/fixtures/global-setup.ts"],
    setupFiles: ["tests/fixtures/setup-file.ts"],
    // A process a file: modules with state at globalThis (pool, batcher, caches) start fresh, and a crash names its file.
    pool: "forks",
    isolate: true,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    restoreMocks: true,
    unstubEnvs: true,
  },
});
