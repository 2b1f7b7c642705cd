/** Migrations: applied once by however many start at once, wholly or not at all, and they make what the schema says. */
import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { migrationNames, pendingMigrations } from "../../lib/local/migrations-pending.ts";
import { applyMigrations, diffSchema } from "../../lib/local/migrations.ts";
import { dropDatabase, testDatabase } from "../fixtures/database.ts";
import { until } from "../fixtures/processes.ts";

const address = (database: string) => Object.assign(new URL(testDatabase().url), { pathname: `/${database}` }).href;
let admin: Client;
let name: string;
let database: Client;

beforeEach(async () => {
  admin = new Client({ connectionString: address("postgres") });
  await admin.connect();
  name = `nexio_m_${randomBytes(6).toString("hex")}`;
  await admin.query(`create database ${name}`);
  database = new Client({ connectionString: address(name) });
  await database.connect();
});

afterEach(async () => {
  await Promise.all([database.end(), admin.end()]);
  await dropDatabase({ name, url: address(name) });
});

test("of four at once one applies them all, and the others find nothing left to do", async () => {
  expect(await pendingMigrations(database)).toEqual(migrationNames());
  const results = await Promise.all(Array.from({ length: 4 }, () => applyMigrations(address(name))));
  expect(results.flat().sort()).toEqual(migrationNames());
  expect(await pendingMigrations(database)).toEqual([]);
  const { rows } = await database.query('select migration_name from "_prisma_migrations" order by 1');
  expect(rows.map((row: { migration_name: string }) => row.migration_name)).toEqual(migrationNames());
  expect(await applyMigrations(address(name))).toEqual([]);
});

test("a migrated database is as prisma/schema.prisma says", async () => {
  await applyMigrations(address(name));
  expect(await diffSchema(address(name))).toBe("");
  await database.query("alter table organization add column forgotten text");
  expect(await diffSchema(address(name))).toContain('DROP COLUMN "forgotten"');
});

test("cut off in its middle, a migration leaves nothing, and the next start applies it", async () => {
  // Holds the migration up at the creation of its first table.
  const blocker = new Client({ connectionString: address(name) });
  await blocker.connect();
  await blocker.query("begin; create table organization (id int)");
  const cutOff = applyMigrations(address(name)).then(
    () => "applied",
    (error: Error) => error.message,
  );
  const held =
    "from pg_stat_activity where datname = $1 and application_name = 'nexio-migrations' and wait_event_type = 'Lock'";
  await until(
    "the migration to be held up",
    async () => (await admin.query(`select 1 ${held}`, [name])).rowCount === 1,
  );
  await admin.query(`select pg_terminate_backend(pid) ${held}`, [name]);
  expect(await cutOff).toMatch(/^Migration \d+_init failed: /);
  await blocker.query("rollback");
  await blocker.end();
  const { rows } = await database.query(
    "select to_regclass('_prisma_migrations') as table, to_regtype('run_status') as type",
  );
  expect(rows).toEqual([{ table: null, type: null }]);
  expect(await applyMigrations(address(name))).toEqual(migrationNames());
});
