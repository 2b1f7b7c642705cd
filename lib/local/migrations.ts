/**
 * Applies prisma/migrations without the Prisma command line, which would download an engine: the same engine, compiled to
 * WebAssembly, comes from npm. It keeps the ordinary `_prisma_migrations` table, so that `prisma migrate deploy` works as well.
 *
 * Each migration and its row in that table are one transaction under an advisory lock: killed at any moment, a start leaves the
 * migration either done or not begun, and starts on several machines wait for each other.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { PrismaPg } from "@prisma/adapter-pg";
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlQuery,
} from "@prisma/driver-adapter-utils";
import type { MigrationList, SchemaEngine } from "@prisma/schema-engine-wasm";
import { Pool, type FieldDef } from "pg";
import { migrationNames, pendingMigrations } from "./migrations-pending.ts";
import { projectRoot } from "./project-root.ts";

const NO_FILTER = { externalTables: [], externalEnums: [] };
// Any constant does, so long as it stays the same: "nexi" in ASCII.
const LOCK_KEY = 0x6e657869;
const LOCK_TIMEOUT = "120s";

type Engine = typeof SchemaEngine;

let engine: Promise<Engine> | undefined;

async function loadEngine(): Promise<Engine> {
  const script = createRequire(import.meta.url).resolve("@prisma/schema-engine-wasm/schema_engine_bg");
  const bindings = (await import("@prisma/schema-engine-wasm/schema_engine_bg")) as unknown as {
    SchemaEngine: Engine;
    ["__wbg_set_wasm"](exports: unknown): void;
  };
  // Where a panic of the engine leaves its message; without it the panic itself would fail.
  (globalThis as Record<string, unknown>)["PRISMA_WASM_PANIC_REGISTRY"] ??= {
    set_message: (message: string) => process.stderr.write(`Prisma's schema engine: ${message}\n`),
  };
  const bytes = readFileSync(join(dirname(script), "schema_engine_bg.wasm"));
  const { instance } = await WebAssembly.instantiate(bytes, {
    "./schema_engine_bg.js": bindings as unknown as WebAssembly.ModuleImports,
  });
  bindings["__wbg_set_wasm"](instance.exports);
  (instance.exports["__wbindgen_start"] as () => void)();
  return bindings.SchemaEngine;
}

// PostgreSQL's internal one-byte type `"char"`, which its catalogues use, and which the stock adapter refuses to read.
const CHAR_OID = 18;
const TEXT_OID = 25;

/**
 * One connection, handed to the engine as its database, one statement at a time. The stock adapter needs two corrections:
 * it cuts a script at every semicolon, quoted or not, and commits each piece (here it goes to the server whole, inside whatever
 * transaction is open); and it cannot read `"char"`, which the engine asks for when it compares schemas.
 */
class OneConnection {
  readonly pool: Pool;
  /** Why the last migration script was refused. */
  scriptError: Error | undefined;
  #charColumns: number[] = [];

  constructor(databaseUrl: string) {
    let connections = 0;
    this.pool = new Pool({
      connectionString: databaseUrl,
      max: 1,
      idleTimeoutMillis: 0,
      application_name: "nexio-migrations",
      // A second connection would mean that the first was lost, and its transaction with it: nothing may go on as if it were there.
      verify: (_client, done) =>
        done(++connections > 1 ? new Error("the connection was lost while migrating") : undefined),
    } as ConstructorParameters<typeof Pool>[0]);
    this.pool.on("error", () => {}); // the next statement reports it
    this.#readCharAsText();
  }

  #readCharAsText(): void {
    const query = this.pool.query.bind(this.pool) as (...args: unknown[]) => Promise<{ fields?: FieldDef[] }>;
    const asText = async (...args: unknown[]) => {
      const result = await query(...args);
      const fields = result.fields ?? [];
      this.#charColumns = fields.flatMap((field, column) => (field.dataTypeID === CHAR_OID ? [column] : []));
      for (const column of this.#charColumns) fields[column]!.dataTypeID = TEXT_OID;
      return result;
    };
    Object.assign(this.pool, { query: asText });
  }

  #correct(adapter: SqlDriverAdapter): SqlDriverAdapter {
    const queryRaw = adapter.queryRaw.bind(adapter);
    return Object.assign(adapter, {
      executeScript: async (script: string) => {
        try {
          await this.pool.query(script);
        } catch (error) {
          this.scriptError = error as Error; // the engine keeps its message to itself
          throw error;
        }
      },
      queryRaw: async (query: SqlQuery) => {
        const result = await queryRaw(query);
        for (const column of this.#charColumns) result.columnTypes[column] = ColumnTypeEnum.Character;
        return result;
      },
    });
  }

  factory(): SqlMigrationAwareDriverAdapterFactory {
    const stock = new PrismaPg(this.pool);
    return {
      provider: stock.provider,
      adapterName: stock.adapterName,
      connect: async () => this.#correct(await stock.connect()),
      connectToShadowDb: () => stock.connectToShadowDb(),
    };
  }
}

async function withEngine<T>(
  databaseUrl: string,
  work: (engine: SchemaEngine, connection: OneConnection) => Promise<T>,
): Promise<T> {
  const Engine = await (engine ??= loadEngine());
  const connection = new OneConnection(databaseUrl);
  try {
    const adapter = bindMigrationAwareSqlAdapterFactory(connection.factory());
    const instance = await Engine.new({ datamodels: [schemaFile()] }, () => {}, adapter);
    try {
      return await work(instance, connection);
    } finally {
      instance.free();
    }
  } finally {
    await connection.pool.end();
  }
}

function schemaFile(): [path: string, content: string] {
  const path = join(projectRoot(), "prisma/schema.prisma");
  return [path, readFileSync(path, "utf8")];
}

function migrationList(until: number): MigrationList {
  const baseDir = join(projectRoot(), "prisma/migrations");
  return {
    baseDir,
    lockfile: {
      path: "./migration_lock.toml",
      content: readFileSync(join(baseDir, "migration_lock.toml"), "utf8"),
    },
    shadowDbInitScript: "",
    migrationDirectories: migrationNames()
      .slice(0, until)
      .map((path) => ({
        path,
        migrationFile: {
          path: "migration.sql",
          content: { tag: "ok" as const, value: readFileSync(join(baseDir, path, "migration.sql"), "utf8") },
        },
      })),
  };
}

/**
 * Brings the database up to date and returns the names of what was applied now: none where nothing was missing.
 * Throws with the engine's message when a migration fails; the database is then as it was before that migration.
 */
export async function applyMigrations(databaseUrl: string): Promise<string[]> {
  if ((await missing(databaseUrl)).length === 0) return [];
  return withEngine(databaseUrl, async (engine, connection) => {
    const applied: string[] = [];
    for (let until = 1; until <= migrationNames().length; until++) {
      await connection.pool.query(
        `begin; set local lock_timeout = '${LOCK_TIMEOUT}'; select pg_advisory_xact_lock(${LOCK_KEY})`,
      );
      try {
        const result = await engine.applyMigrations({ migrationsList: migrationList(until), filters: NO_FILTER });
        // The engine keeps a lock of its own for its session; the next start in turn, which has ours by then, would wait for it while we wait for that one.
        await connection.pool.query("select pg_advisory_unlock_all(); commit");
        applied.push(...result.appliedMigrationNames);
      } catch (error) {
        await connection.pool.query("rollback").catch(() => {});
        const reason = connection.scriptError ?? (error as Error);
        throw new Error(`Migration ${migrationNames()[until - 1]} failed: ${reason.message}`, { cause: error });
      }
    }
    return applied;
  });
}

async function missing(databaseUrl: string): Promise<string[]> {
  const pool = new Pool({ connectionString: databaseUrl, max: 1 });
  pool.on("error", () => {}); // the query has its answer, or reports it
  try {
    return await pendingMigrations(pool);
  } finally {
    await pool.end();
  }
}

/**
 * What would have to be done to a migrated database so that it is as prisma/schema.prisma says, as SQL. Empty text: they agree.
 */
export async function diffSchema(databaseUrl: string): Promise<string> {
  return withEngine(databaseUrl, async (engine) => {
    const [path, content] = schemaFile();
    const files = [{ path, content }];
    const result = await engine.diff({
      from: { tag: "schemaDatasource", files, configDir: dirname(path) },
      to: { tag: "schemaDatamodel", files },
      script: true,
      exitCode: null,
      filters: NO_FILTER,
    });
    const script = (result.stdout ?? "").trim();
    return script === "-- This is an empty migration." ? "" : script;
  });
}
