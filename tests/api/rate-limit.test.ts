/**
 * Runs a minute, exact under three web processes on one database: in the minute that begins with the first run, as many are accepted as the
 * limit says, whichever process is asked. Windows are moved back in the database instead of being waited for.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { closeAcceptance, submitRun } from "../../lib/hot-path/accept.ts";
import { setRunsPerMinute } from "../../lib/limits/service.ts";
import { callApi, expectRefusal, type ApiAnswer } from "../fixtures/api-client.ts";
import { sql } from "../fixtures/database.ts";
import { createEnvironment, createKey, requestContext, sessionScope } from "../fixtures/factories.ts";
import { fromNow } from "../fixtures/moments.ts";
import { startServer, type TestServer } from "../fixtures/server.ts";
import { createSender, type Sender, usageOf } from "./accept-fixture.ts";

let servers: TestServer[];
let sender: Sender;

beforeAll(async () => {
  servers = await Promise.all([startServer(), startServer(), startServer()]);
});
afterAll(async () => {
  await Promise.all([...servers.map((server) => server.stop()), closeAcceptance()]);
});
beforeEach(async () => {
  sender = await createSender();
});

type Extra = { key?: string; slug?: string; body?: unknown; idempotencyKey?: string };

let turn = 0;
/** Submits a run to one of the servers in turn. */
function post({ key = sender.key.key, slug = sender.engine.slug, body = { input: 1 }, idempotencyKey }: Extra = {}) {
  const { url } = servers[turn++ % servers.length]!;
  const host = {
    name: "server" as const,
    fetch: (path: string, init: RequestInit = {}) =>
      fetch(new URL(path, url), {
        ...init,
        headers: { ...init.headers, ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }) },
      }),
  };
  return callApi(host, key, "POST", `/engines/${slug}/runs`, body);
}

const burst = (count: number, parts: (n: number) => Extra = () => ({})) =>
  Promise.all(Array.from({ length: count }, (_, n) => post(parts(n))));

const limit = (n: number | null) => setRunsPerMinute(sender.org.scope, n);
const count = (answers: readonly ApiAnswer[], status: number) => answers.filter((one) => one.status === status).length;
/** The minute that is under way has passed. */
const passMinute = () =>
  sql("update run_rate_window set started_at = started_at - interval '60 seconds' where org_id = $1", [sender.org.id]);

const standing = ({ headers }: ApiAnswer) =>
  ["limit", "remaining", "reset"].map((name) => headers.get(`x-ratelimit-${name}`));

describe("a burst over three processes", () => {
  test("gets exactly as many 202s as the limit, and every other a 429 that says when to come back", async () => {
    await limit(37);
    const expectMeanwhile = fromNow();
    const answers = await burst(150);
    expect([count(answers, 202), count(answers, 429)]).toEqual([37, 113]);
    expect(await usageOf(sender.org.id)).toBe(37);
    expect(await sql("select from run where org_id = $1", [sender.org.id])).toHaveLength(37);

    const remaining = answers.filter(({ status }) => status === 202).map((one) => Number(standing(one)[1]));
    expect(remaining.sort((a, b) => a - b)).toEqual(Array.from({ length: 37 }, (_, n) => n));
    const refused = answers.find(({ status }) => status === 429);
    expectRefusal(refused!, 429, "rate_limited");
    const retryAfter = Number(refused!.headers.get("retry-after"));
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(60);
    expect(standing(refused!).slice(0, 2)).toEqual(["37", "0"]);
    const resets = new Set(answers.map((one) => standing(one)[2]));
    expect(resets.size).toBe(1);
    expectMeanwhile((Number([...resets][0]) - 60) * 1000);
    expectMeanwhile((Number([...resets][0]) - retryAfter) * 1000);
  });

  test("every further minute gets as many again, and no more", async () => {
    await limit(5);
    for (let minute = 1; minute <= 3; minute++) {
      const answers = await burst(20);
      expect(count(answers, 202)).toBe(5);
      await passMinute();
    }
    expect(await usageOf(sender.org.id)).toBe(15);
  });

  test("a minute lasts sixty seconds from its first run", async () => {
    await limit(1);
    expect((await post()).status).toBe(202);
    await sql("update run_rate_window set started_at = started_at - interval '50 seconds' where org_id = $1", [
      sender.org.id,
    ]);
    const refused = await post();
    expect(refused.status).toBe(429);
    const retryAfter = Number(refused.headers.get("retry-after"));
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(10);
    await sql("update run_rate_window set started_at = started_at - interval '10 seconds' where org_id = $1", [
      sender.org.id,
    ]);
    expect((await post()).status).toBe(202);
  });

  test("the keys and environments of an organization share its limit", async () => {
    const dev = await createKey(await createEnvironment(sender.org));
    await limit(10);
    const answers = await burst(40, (n) => (n % 2 === 0 ? { key: dev.key } : {}));
    expect(count(answers, 202)).toBe(10);
  });

  test("organizations do not share theirs, and one without a limit is not limited nor told of any", async () => {
    const other = await createSender();
    const unlimited = await createSender();
    await limit(7);
    await setRunsPerMinute(other.org.scope, 11);
    const senders = [sender, other, unlimited];
    const answers = await burst(120, (n) => ({ key: senders[n % 3]!.key.key, slug: senders[n % 3]!.engine.slug }));
    const of = (index: number) => answers.filter((_, n) => n % 3 === index);
    expect([0, 1, 2].map((index) => count(of(index), 202))).toEqual([7, 11, 40]);
    expect(of(2).flatMap(standing)).toEqual(Array.from({ length: 120 }, () => null));
  });
});

describe("what counts", () => {
  test("refusals do not, and carry the headers; a caller without a key learns nothing", async () => {
    await limit(3);
    const revoked = await createKey(sender.org.live, { revokedAt: new Date() });
    const reader = await createKey(sender.org.live, { scopes: ["runs:read"] });
    const answers = await Promise.all([
      post({ body: "{" }),
      post({ body: { input: 1, nope: 1 } }),
      post({ slug: "no-such-engine" }),
      post({ body: { input: 1, engine_version: "9.9" } }),
      post({ key: reader.key }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 404, 409, 403]);
    for (const answer of answers) expect(standing(answer).slice(0, 2)).toEqual(["3", "3"]);
    const unknown = await post({ key: revoked.key });
    expect(unknown.status).toBe(401);
    expect(standing(unknown)).toEqual([null, null, null]);
    expect(count(await burst(10), 202)).toBe(3);
  });

  test("the other refusals go before 429", async () => {
    await limit(1);
    await post({ idempotencyKey: "taken" });
    const answers = await Promise.all([
      post({ body: "{" }),
      post({ slug: "no-such-engine" }),
      post({ idempotencyKey: "taken", body: { input: 2 } }),
      post({ body: { input: 1, engine_version: "9.9" } }),
      post(),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([400, 404, 422, 409, 429]);
    for (const answer of answers) expect(standing(answer).slice(0, 2)).toEqual(["1", "0"]);
  });

  test("repeats of an Idempotency-Key do not, even when the limit is used up; a refused one remembers nothing", async () => {
    await limit(4);
    const first = await burst(30, () => ({ idempotencyKey: "same" }));
    expect(count(first, 202)).toBe(30);
    expect(new Set(first.map(({ body }) => body.run_id)).size).toBe(1);
    expect(first.filter(({ headers }) => headers.get("idempotent-replayed") === "true")).toHaveLength(29);
    const more = await burst(40, (n) => ({ idempotencyKey: `key ${n % 20}` }));
    expect(new Set(more.filter(({ status }) => status === 202).map(({ body }) => body.run_id)).size).toBe(3);
    expect((await post({ idempotencyKey: "same" })).body.run_id).toBe(first[0]!.body.run_id);
    expect(await sql("select from idempotency_key where org_id = $1", [sender.org.id])).toHaveLength(4);
    await passMinute();
    // those that were refused are new requests now
    const later = await burst(20, (n) => ({ idempotencyKey: `key ${n}` }));
    expect(new Set(later.filter(({ status }) => status === 202).map(({ body }) => body.run_id)).size).toBe(3 + 4);
  });

  test("tags and versions go through as ever", async () => {
    await limit(2);
    const answer = await post({ body: { input: 1, tags: ["a", "b"], engine_version: "1.x" }, idempotencyKey: "k" });
    expect(answer.status).toBe(202);
    expect(await sql("select from run_tag where run_id = $1", [answer.body.run_id])).toHaveLength(2);
    expect(await sql("select from ready_environment where environment_id = $1", [sender.org.live.id])).toHaveLength(1);
  });
});

describe("changes hold for the very next request, on every process", () => {
  test("set, lowered, raised, taken away and set again", async () => {
    expect(count(await burst(9), 202)).toBe(9);
    await limit(4);
    expect(count(await burst(9), 202)).toBe(4);
    await limit(2);
    const lowered = await burst(9);
    expect(count(lowered, 429)).toBe(9);
    expect(standing(lowered[0]!).slice(0, 2)).toEqual(["2", "0"]);
    await limit(6);
    expect(count(await burst(9), 202)).toBe(2);
    await limit(null);
    const off = await burst(9);
    expect(count(off, 202)).toBe(9);
    expect(off.flatMap(standing).every((header) => header === null)).toBe(true);
    await limit(7);
    // the minute that was under way goes on: six of it are used
    expect(count(await burst(9), 202)).toBe(1);
  });

  test("a first limit set in the middle of a storm: from then on no more than it says", async () => {
    const before = burst(60);
    await limit(3);
    const after = burst(60);
    const answers = await after;
    expect(count(await before, 202) + count(await before, 429)).toBe(60);
    const counted = count(answers, 202) + (await before).filter((one) => one.status === 202 && standing(one)[0]).length;
    expect(counted).toBe(3);
  });
});

test("runs from the portal count in the same minute, and are refused with the same headers", async () => {
  await limit(2);
  const scope = { ...sender.org.live.scope, ...sessionScope(sender.org, "owner"), request: requestContext() };
  const submit = () =>
    submitRun({
      submitter: { kind: "scope", scope, source: "portal" },
      engineSlug: sender.engine.slug,
      body: Buffer.from('{"input":1}'),
      idempotencyKey: undefined,
    });
  expect((await submit()).rateLimit).toMatchObject({ limit: 2, remaining: 1 });
  expect((await post()).status).toBe(202);
  await expect(submit()).rejects.toMatchObject({ code: "rate_limited", headers: { "x-ratelimit-remaining": "0" } });
});

test("who has no limit does not wait for who has one", async () => {
  const unlimited = await createSender();
  await limit(100);
  await burst(6); // every process knows by now
  const { pool } = await import("../../lib/db.ts");
  const holder = await pool().connect();
  await holder.query("begin");
  await holder.query("select from run_rate_window where org_id = $1 for update", [sender.org.id]);
  let waiting = 12;
  const limited = burst(12).then((answers) => {
    waiting = 0;
    return answers;
  });
  const answers = await burst(60, () => ({ key: unlimited.key.key, slug: unlimited.engine.slug }));
  expect(count(answers, 202)).toBe(60);
  expect(waiting).toBe(12);
  await holder.query("rollback");
  holder.release();
  expect(count(await limited, 202)).toBe(12);
});

test("the document says so", async () => {
  const response = await fetch(`${servers[0]!.url}/api/v1/openapi.json`);
  const document = (await response.json()) as { paths: Record<string, { post: { responses: Record<string, never> } }> };
  const { responses } = document.paths["/api/v1/engines/{slug}/runs"]!.post;
  expect(responses["429"]).toMatchObject({
    description: "`rate_limited`",
    headers: { "Retry-After": {}, "X-RateLimit-Limit": {}, "X-RateLimit-Remaining": {}, "X-RateLimit-Reset": {} },
  });
  expect(responses["202"]).toMatchObject({ headers: { "X-RateLimit-Limit": {} } });
});
