/**
 * A process that applies the migrations to DATABASE_URL and ends: the engine takes memory that no long-running process should keep.
 * Prints the name of each migration that it applied, or to standard error why one failed.
 */
import { env } from "../env.ts";
import { applyMigrations } from "./migrations.ts";

let exitCode = 0;
try {
  if (!env.DATABASE_URL) throw new Error("DATABASE_URL is not set");
  for (const name of await applyMigrations(env.DATABASE_URL)) process.stdout.write(`${name}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  exitCode = 1;
}
// The engine leaves a timer of ten seconds behind, for the lock that it got at once.
process.exit(exitCode);
