/** Searching runs by a value: what is found, in parts, within its limits, by those who may see payloads, one at a time. */
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { pool } from "../../lib/db.ts";
import { SearchRunsSchema, RunSearchSchema } from "../../lib/runs/value-search-schema.ts";
import { searchRuns } from "../../lib/runs/value-search-service.ts";
import { callApi, expectRefusal } from "../fixtures/api-client.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createEnvironment,
  createKey,
  createOrganization,
  createRun,
  sessionScope,
  type TestEngine,
  type TestKey,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { forEachHost } from "../fixtures/hosts.ts";

let org: TestOrganization;
let engine: TestEngine;
beforeEach(async () => {
  org = await createOrganization();
  engine = await createEngine(org);
});

const slice = async (scope: Parameters<typeof searchRuns>[0], asked: object, signal = new AbortController().signal) =>
  RunSearchSchema.parse(await searchRuns(scope, SearchRunsSchema.parse(asked), signal));
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
const found = (answer: { matches: { run_id: string }[] }) => answer.matches.map(({ run_id }) => run_id);

test("finds what has the value, in the environment and in all of them, newest first", async () => {
  const dev = await createEnvironment(org);
  const run = (country: unknown, environment = org.live) => createRun(environment, engine, { input: { country } });
  const [a, , c] = [await run("DE"), await run("FR"), await run("DE")];
  const elsewhere = await run("DE", dev);
  const other = await createOrganization();
  await createRun(other.live, await createEngine(other), { input: { country: "DE" } });

  const answer = await slice(org.live.scope, { query: "input.country:DE" });
  expect(answer).toMatchObject({ scanned: 3, of: 3, done: true, limited: false, next_cursor: null });
  expect(found(answer)).toEqual([c, a]);
  expect(found(await slice(org.scope, { query: "input.country:DE" }))).toEqual([elsewhere, c, a]);
  expect(found(await slice(org.live.scope, { query: "input.country:de" }))).toEqual([]);
});

test("finds texts however they were written, and what came out", async () => {
  const id = await createRun(org.live, engine, { input: { name: "Größe" }, status: "COMPLETED" });
  await sql(
    `update run_payload set body = '{"input":{"n\\u0061me":"Gr\\u00f6\\u00dfe"}}' where run_id = $1 and kind = 'input'`,
    [id],
  );
  expect(found(await slice(org.live.scope, { query: "input.name:Größe" }))).toEqual([id]);
  expect(found(await slice(org.live.scope, { query: "output.name:Gr*" }))).toEqual([id]);
  expect(found(await slice(org.live.scope, { query: "output.name:Kl*" }))).toEqual([]);
});

test("is narrowed by what the list is narrowed by", async () => {
  const failed = await createRun(org.live, engine, { input: { n: 1 }, status: "FAILED" });
  const second = await createEngine(org);
  const ofSecond = await createRun(org.live, second, { input: { n: 1 } });
  expect(found(await slice(org.live.scope, { query: "input.n:1", status: ["FAILED"] }))).toEqual([failed]);
  expect(found(await slice(org.live.scope, { query: "input.n:1", engine: second.slug }))).toEqual([ofSecond]);
  const answer = await slice(org.live.scope, { query: "input.n:1", engine: "nobody-s" });
  expect(answer).toMatchObject({ matches: [], scanned: 0, of: 0, done: true });
});

test("goes no further back than seven days, wherever they end", async () => {
  const ages = [0, 6, 7.5, 13, 15];
  for (const age of ages) {
    await sql(
      `with new_run as (
         insert into run (org_id, id, environment_id, engine_id, engine_version_id, status, created_at)
         values ($1, uuidv7(make_interval(hours => -$5::int)), $2, $3, $4, 'COMPLETED', now() - make_interval(hours => $5)) returning id
       ) insert into run_payload select $1, id, 'input', '{"input":{"age":' || $5::int || '}}' from new_run`,
      [org.id, org.live.id, engine.id, engine.versionId, age * 24],
    );
  }
  expect(await slice(org.live.scope, { query: "input.age:*" })).toMatchObject({ scanned: 2, of: 2 });
  expect(await slice(org.live.scope, { query: "input.age:*", created_after: daysAgo(30) })).toMatchObject({
    scanned: 2,
  });
  expect(await slice(org.live.scope, { query: "input.age:*", created_after: daysAgo(1) })).toMatchObject({
    scanned: 1,
  });
  const before = await slice(org.live.scope, { query: "input.age:*", created_before: daysAgo(7) });
  expect(before).toMatchObject({ scanned: 2, of: 2 });
  expect(before.since.slice(0, 10)).toBe(daysAgo(14).slice(0, 10));
  // An end that lies in the future is now, and a cursor that was written by hand widens nothing.
  const future = await slice(org.live.scope, { query: "input.age:*", created_before: daysAgo(-30) });
  expect(future).toMatchObject({ scanned: 2, of: 2 });
  expect(future.since.slice(0, 10)).toBe(daysAgo(7).slice(0, 10));
  const position = { before: "ffffffff-ffff-ffff-ffff-ffffffffffff", scanned: 0, of: 0, since: 0, limited: false };
  const cursor = Buffer.from(JSON.stringify(position)).toString("base64url");
  for (const query of [
    { query: "input.age:*", cursor },
    { query: "input.age:*", cursor, created_before: daysAgo(-30) },
  ]) {
    expect(await slice(org.live.scope, query)).toMatchObject({ scanned: 2, done: true });
  }
});

describe("many runs", () => {
  const RUNS = 3_100;
  let many: TestOrganization;
  beforeAll(async () => {
    many = await createOrganization();
    const of = await createEngine(many);
    await sql(
      `with new_run as (
         insert into run (org_id, id, environment_id, engine_id, engine_version_id, status, created_at)
         select $1, uuidv7(make_interval(secs => -n)), $2, $3, $4, 'COMPLETED', now() - make_interval(secs => n)
         from generate_series(1, ${RUNS}) n returning id, created_at
       ) insert into run_payload
         select $1, id, 'input', '{"input":{"n":' || row_number() over (order by id desc) || ',"pad":"' || repeat('x', 200) || '"}}' from new_run`,
      [many.id, many.live.id, of.id, of.versionId],
    );
  });

  test("are looked through part by part, each once, and what is found comes as it is found", async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    let scanned = 0;
    let parts = 0;
    do {
      const answer: Awaited<ReturnType<typeof slice>> = await slice(many.live.scope, {
        query: "input.pad:x*",
        ...(cursor ? { cursor } : {}),
      });
      expect(answer.of).toBe(RUNS);
      expect(answer.scanned).toBeGreaterThan(scanned);
      ({ scanned } = answer);
      seen.push(...found(answer));
      cursor = answer.next_cursor;
      expect(answer.done).toBe(cursor === null);
      parts += 1;
    } while (cursor);
    expect(parts).toBeGreaterThan(1);
    expect(scanned).toBe(RUNS);
    expect(seen).toHaveLength(RUNS);
    expect(seen).toEqual(seen.toSorted().toReversed());
  });

  test("one among them is found", async () => {
    let answer = await slice(many.live.scope, { query: `input.n:${RUNS - 1}` });
    while (answer.next_cursor && answer.matches.length === 0)
      answer = await slice(many.live.scope, { query: `input.n:${RUNS - 1}`, cursor: answer.next_cursor });
    expect(answer.matches).toHaveLength(1);
  });

  test("whoever has gone is searched for no longer", async () => {
    const gone = AbortSignal.abort();
    const answer = await slice(many.live.scope, { query: "input.n:1" }, gone);
    expect(answer).toMatchObject({ scanned: 0, done: false });
  });

  test("one search at a time: the second of the same caller is told to wait, another's is not", async () => {
    const asked = { query: "input.n:nothing" };
    const mine = sessionScope(many, "developer", "user_a");
    const client = await pool().connect();
    try {
      const lock = "select pg_advisory_xact_lock(hashtextextended('run search ' || $1, 0))";
      await client.query("begin");
      await client.query(lock, [`${many.id} user user_a`]);
      await expect(slice(mine, asked)).rejects.toMatchObject({ code: "rate_limited", retryAfterSeconds: 1 });
      expect((await slice(sessionScope(many, "developer", "user_b"), asked)).scanned).toBeGreaterThan(0);
      await client.query("rollback");
    } finally {
      client.release();
    }
    expect((await slice(mine, asked)).scanned).toBeGreaterThan(0);
  });
});

test("takes payloads:read", async () => {
  await expect(slice(sessionScope(org, "member"), { query: "input.n:1" })).rejects.toMatchObject({ code: "forbidden" });
});

forEachHost(["server", "mount"], (host) => {
  let key: TestKey;
  beforeEach(async () => {
    key = await createKey(org.live);
  });
  const search = (body: unknown) => callApi(host, key.key, "POST", "/runs/search", body);

  test("by API: finds, goes on, and names what is wrong", async () => {
    const id = await createRun(org.live, engine, { input: { amount: 50_000 } });
    const { status, body } = await search({ query: "input.amount:50000" });
    expect({ status, body }).toMatchObject({ status: 200, body: { matches: [{ run_id: id }], done: true } });
    expectRefusal(await search({}), 400, "invalid_request", ["query"]);
    expectRefusal(await search({ query: "amount" }), 400, "invalid_request", ["query"]);
    expectRefusal(await search({ query: "input.a:1", cursor: "x" }), 400, "invalid_request", ["cursor"]);
    expectRefusal(await search({ query: "input.a:1", cursor: btoa("{}") }), 400, "invalid_request", ["cursor"]);
    expectRefusal(await search({ query: "input.a:1", page: 1 }), 400, "invalid_request", ["page"]);
    expectRefusal(await search({ query: "input.a:1", tag: "no tag" }), 400, "invalid_request", ["tag"]);
  });
});
