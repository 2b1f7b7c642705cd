/** The harness itself: each test file has a real database of its own, and processes do not outlive what started them. */
import { describe, expect, it } from "vitest";
import { pool } from "../../lib/db.ts";
import { env } from "../../lib/env.ts";
import { createDatabase, dropDatabase, sql, testDatabase } from "../fixtures/database.ts";
import { createEngine, createEnvironment, createKey, createOrganization } from "../fixtures/factories.ts";
import { startProcess, until } from "../fixtures/processes.ts";
import { seededRandom } from "../fixtures/random.ts";

const fiveNumbers = (seed: number) => Array.from({ length: 5 }, seededRandom(seed).next);

describe("the test database", () => {
  it("is what the program reads, real PostgreSQL, with the migrations applied", async () => {
    expect(env.DATABASE_URL).toBe(testDatabase().url);
    const { rows } = await pool().query("select current_database() as name, count(*)::int as runs from run");
    expect(rows).toEqual([{ name: testDatabase().name, runs: 0 }]);
  });

  it("is a clone of its own: what is written in one is not in another", async () => {
    await createOrganization();
    const other = await createDatabase();
    expect(other.name).not.toBe(testDatabase().name);
    await dropDatabase(other);
    const left = await sql("select datname from pg_database where datname = $1", [other.name]);
    expect(left).toEqual([]);
  });

  it("takes organizations, environments, keys and engines from the factories", async () => {
    const org = await createOrganization();
    const dev = await createEnvironment(org, "dev");
    const { key, id } = await createKey(dev, { scopes: ["runs:write"] });
    const engine = await createEngine(org);
    expect(key).toMatch(/^nx_dev_[0-9a-f]{64}$/);
    expect(
      await sql("select scopes from api_key where id = $1 and hash = sha256($2::bytea)", [id, Buffer.from(key)]),
    ).toEqual([{ scopes: ["runs:write"] }]);
    expect(
      await sql("select spec from engine_version_head where engine_id = $1 order by spec", [engine.id]),
    ).toHaveLength(3);
  });
});

describe("processes", () => {
  it("end with their whole group, also what ignores a polite stop", async () => {
    const stubborn = await startProcess({
      command: "sh",
      args: ["-c", 'trap "" TERM; echo ready; while :; do sleep 0.05; done'],
      env: { PATH: process.env.PATH },
      graceMs: 100,
    });
    await until("its first line", () => stubborn.output().includes("ready"));
    await stubborn.stop();
    expect(() => process.kill(stubborn.pid, 0)).toThrow("ESRCH");
    expect(await stubborn.exited).toMatchObject({ signal: "SIGKILL" });
  });

  it("end when the process that started them is killed", async () => {
    const program = `
      import { startProcess } from ${JSON.stringify(new URL("../fixtures/processes.ts", import.meta.url).href)};
      const { pid } = await startProcess({ command: "sleep", args: ["600"], env: { PATH: process.env.PATH } });
      console.log("pid " + pid);`;
    const parent = await startProcess({
      command: process.execPath,
      args: ["--input-type=module-typescript", "-e", program],
      env: { PATH: process.env.PATH },
    });
    const pid = await until("the grandchild", () => Number(/pid (\d+)/.exec(parent.output())?.[1]) || null);
    process.kill(pid, 0);
    parent.kill("SIGKILL");
    await until("the grandchild to end", () => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    });
    await parent.stop();
  });
});

describe("seeded random", () => {
  it("repeats itself for one seed and differs for another", () => {
    expect(fiveNumbers(1)).toEqual(fiveNumbers(1));
    expect(fiveNumbers(1)).not.toEqual(fiveNumbers(2));
    const random = seededRandom(3);
    for (let i = 0; i < 1000; i++) expect([4, 5, 6]).toContain(random.integer(4, 6));
  });
});
