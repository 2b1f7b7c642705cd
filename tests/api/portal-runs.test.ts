/** Runs that are sent, searched and canceled from the portal: in the environment that the query names, as the public API would take them. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createEnvironment,
  createRun,
  type TestEngine,
  type TestEnvironment,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { loadOrganization, startPortal, type TestPortal } from "../fixtures/portal.ts";
import { signIn } from "../fixtures/sign-in.ts";

let portal: TestPortal;
let cookie: string;
let org: TestOrganization;
let dev: TestEnvironment;
let engine: TestEngine;

beforeAll(async () => {
  portal = await startPortal({ organizations: 1 });
  const [people] = portal.people;
  cookie = await signIn(portal.url, people!.owner);
  expect((await fetch(`${portal.url}/api/session`, { headers: { cookie } })).status).toBe(200);
  org = await loadOrganization(people!.workosOrganizationId);
  dev = await createEnvironment(org, "dev");
  engine = await createEngine(org, { slug: "tested" });
});
afterAll(() => portal?.stop());

type Answer = {
  status: number;
  // What the tests look into; shapes are what they check.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
};

async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(portal.url + path, {
    method: "POST",
    headers: { cookie, "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

type RunRow = { environment_id: string; source: string; key_id: string | null; tags: string[] | null; body: string };
const stored = async (id: string) =>
  (
    await sql<RunRow>(
      "select run.environment_id, source, key_id, tags, body from run join run_payload on run_id = run.id where run.id = $1",
      [id],
    )
  )[0];

test("a run with an output of megabytes is read whole, and its page comes without it", async () => {
  const id = await createRun(org.live, engine, { status: "COMPLETED" });
  await sql(
    `update run_payload set body = '{"output":"' || repeat('x', 7000000) || '"}' where run_id = $1 and kind = 'output'`,
    [id],
  );
  const read = await fetch(`${portal.url}/api/runs/${id}`, { headers: { cookie } });
  expect(((await read.json()) as { output: string }).output).toHaveLength(7_000_000);
  const page = await fetch(`${portal.url}/runs/${id}`, { headers: { cookie } });
  expect(page.status).toBe(200);
  expect((await page.text()).length).toBeLessThan(1_000_000);
});

test("a run is what was composed, digit for digit, in the environment of the page, and live without one", async () => {
  const exact = `{"engine":"${engine.slug}","tags":["a"],"engine_version":"1.x","input":{"n":0.12345678901234567890, "big": 12345678901234567890},"offerings":[1.50]}`;
  const { status, body } = await post("/api/runs?environment=dev", exact);
  expect({ status, body }).toMatchObject({ status: 202, body: { run_id: expect.any(String), status: "PENDING" } });
  expect(await stored(body.run_id)).toEqual({
    environment_id: dev.id,
    source: "portal",
    key_id: null,
    tags: ["a"],
    body: '{"input":{"n":0.12345678901234567890, "big": 12345678901234567890},"offerings":[1.50]}',
  });
  const given = await fetch(`${portal.url}/api/runs/${body.run_id}/input`, { headers: { cookie } });
  expect(await given.json()).toEqual({
    input_json: '{"n":0.12345678901234567890, "big": 12345678901234567890}',
    offerings_json: "[1.50]",
  });
  const live = await post("/api/runs", { engine: engine.slug, input: 1 });
  expect(await stored(live.body.run_id)).toMatchObject({ environment_id: org.live.id });
});

test("equal requests under one key make one run, also at once", async () => {
  const send = () => post("/api/runs", { engine: engine.slug, input: { n: 7 } }, { "idempotency-key": "one" });
  const answers = await Promise.all([send(), send(), send()]);
  answers.push(await send());
  expect(new Set(answers.map(({ body }) => body.run_id)).size).toBe(1);
  const other = await post("/api/runs", { engine: engine.slug, input: { n: 8 } }, { "idempotency-key": "one" });
  expect(other).toMatchObject({ status: 422, body: { code: "idempotency_key_reused" } });
});

test.each([
  [{ input: 1 }, 400, "invalid_request", "engine"],
  [{ engine: "tested" }, 400, "invalid_request", "input"],
  [{ engine: "tested", input: 1, offerings: {} }, 400, "invalid_request", "offerings"],
  [{ engine: "tested", input: 1, tags: ["no tag"] }, 400, "invalid_request", "tags.0"],
  [{ engine: "tested", input: 1, engine_version: "latest" }, 400, "invalid_engine_version", "engine_version"],
  [{ engine: "tested", input: { a: ["\0"] } }, 400, "invalid_request", "input.a.0"],
  [{ engine: "tested", input: 1, environment: "dev" }, 400, "invalid_request", "environment"],
  [{ engine: "tested", input: 1, engine_version: "99.0" }, 409, "engine_version_unavailable", undefined],
  [{ engine: "nobody-s", input: 1 }, 404, "not_found", undefined],
] as const)("%j is refused by its field", async (body, status, code, path) => {
  const answer = await post("/api/runs", body);
  expect(answer).toMatchObject({ status, body: { code } });
  if (path !== undefined) expect(answer.body.details[0].path).toBe(path);
});

test("what is canceled is the named environment's", async () => {
  const [inDev, inLive] = [
    (await post("/api/runs?environment=dev", { engine: engine.slug, input: 1 })).body.run_id as string,
    (await post("/api/runs", { engine: engine.slug, input: 1 })).body.run_id as string,
  ];
  const { status, body } = await post("/api/runs/cancel?environment=dev", { filter: { run_ids: [inDev, inLive] } });
  expect({ status, body }).toMatchObject({ status: 202, body: { environment: "dev", status: "queued" } });
  expect(await sql("select environment_id from bulk_operation where id = $1", [body.id])).toEqual([
    { environment_id: dev.id },
  ]);
  expect((await post("/api/runs/cancel?environment=all", { all: true })).body).toMatchObject({ code: "conflict" });
});

test("all environments together can be searched, and no log has what was searched for", async () => {
  const marker = `marker-${crypto.randomUUID()}`;
  const id = (await post("/api/runs?environment=dev", { engine: engine.slug, input: { marker } })).body
    .run_id as string;
  const query = `input.marker:${marker}`;
  const found = await post("/api/runs/search?environment=all", { query });
  expect(found).toMatchObject({ status: 200, body: { matches: [{ run_id: id, environment: "dev" }], done: true } });
  expect((await post("/api/runs/search", { query })).body.matches).toEqual([]);
  expect(portal.process.output()).not.toContain(marker);
});
