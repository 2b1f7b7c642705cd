/**
 * Every test that is not in a browser. One real PostgreSQL a run (globalSetup), a database of its own for each test file (setupFiles):
 * see tests/fixtures/database.ts. Browser tests are Playwright's (tests/e2e), benches are `npm run bench`.
 */
import { availableParallelism } from "node:os";
import { relative } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The files that take longest, longest first: begun last, they would be what everything waits for. */
const LONGEST = [
  "start/start",
  "worker/processes",
  "worker/concurrency",
  "faults/kill",
  "worker/bad-graphs-failing",
  "api/command-line",
  "worker/execution",
  "start/postgres",
  "worker/evaluator-isolation",
  "isolation-portal",
  "worker/tasks",
  "faults/database-away",
  "faults/bad-engines",
  "worker/pinned-environments",
  "start/quickstart",
  "start/data-folder",
].map((name) => `tests/${name}.test.ts`);

function rankOf({ moduleId }: TestSpecification): number {
  const at = LONGEST.indexOf(relative(import.meta.dirname, moduleId));
  return at < 0 ? LONGEST.length : at;
}

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => rankOf(a) - rankOf(b));
  }
}

export default defineConfig({
  resolve: { alias: { "@": import.meta.dirname } },
  test: {
    include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"],
    exclude: ["tests/e2e/**", "tests/bench/**"],
    setupFiles: ["tests/fixtures/setup-file.ts"],
    // A process a file: modules with state at globalThis (pool, batcher, caches) start fresh, and a crash names its file.
    pool: "forks",
    isolate: true,
    // Tests of processes wait more than they work: three at a time also where there are two cores.
    maxWorkers: Math.min(8, Math.max(3, availableParallelism() - 1)),
    // They bound how long a broken test takes, and are far beyond what a loaded machine needs.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    teardownTimeout: 60_000,
    restoreMocks: true,
    unstubEnvs: true,
    globalSetup: ["tests/fixtures/global-setup.ts"],
    sequence: { sequencer: LongestFirst },
  },
});
