/**
 * Which migrations a database still lacks. Apart from migrations.ts, whose engine takes memory that those who only ask should not pay.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "./project-root.ts";

let names: string[] | undefined;

/** The names of all migrations of this version of the program, oldest first. */
export function migrationNames(): string[] {
  return (names ??= readdirSync(join(projectRoot(), "prisma/migrations"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort());
}

/** Anything that can run a query: a pool or a client. */
type Queryable = { query(text: string): Promise<{ rows: Record<string, unknown>[] }> };

/**
 * The names of migrations that the database has not got yet, oldest first; one small query, fit for /ready.
 * Migrations of a newer program than this one do not count.
 */
export async function pendingMigrations(database: Queryable): Promise<string[]> {
  const UNDEFINED_TABLE = "42P01";
  let applied: Set<unknown>;
  try {
    const { rows } = await database.query(
      'select migration_name from "_prisma_migrations" where finished_at is not null and rolled_back_at is null',
    );
    applied = new Set(rows.map((row) => row["migration_name"]));
  } catch (error) {
    if ((error as { code?: string }).code !== UNDEFINED_TABLE) throw error;
    applied = new Set();
  }
  return migrationNames().filter((name) => !applied.has(name));
}
