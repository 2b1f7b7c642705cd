/** Acceptance: who is refused in which order, and what is stored. The function itself, on a real database. */
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { flushLastUsed } from "../../lib/api-keys/last-used-store.ts";
import { environmentScope } from "../../lib/auth/principal.ts";
import { closeAcceptance, submitRun } from "../../lib/hot-path/accept.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createEnvironment,
  createKey,
  createOrganization,
  publishEngineVersion,
  sessionScope,
  type TestEngine,
  type TestKey,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { codeOf, createSender, type Parts, runsOf, type Sender } from "./accept-fixture.ts";

afterAll(() => closeAcceptance());

let sender: Sender;
let org: TestOrganization;
let engine: TestEngine;
let key: TestKey;

beforeEach(async () => {
  sender = await createSender();
  ({ org, engine, key } = sender);
});

const submit = (parts?: Parts) => sender.submit(parts);

async function versionOf(body: string, submitKey: TestKey = key): Promise<string> {
  const { runId } = await submit({ body, key: submitKey.key });
  const [row] = await sql<{ version: string }>(
    "select major || '.' || minor as version from engine_version v join run on run.engine_version_id = v.id where run.id = $1",
    [runId],
  );
  return row!.version;
}

const stored = async (body: string) => {
  const { runId } = await submit({ body });
  const [row] = await sql<{ body: string }>("select body from run_payload where run_id = $1", [runId]);
  return row!.body;
};

describe("refusals come in one order for every mixture", () => {
  /** From the first that is answered to the last; each spoils the request in one way. */
  const SPOILERS: { code: string; spoil: (parts: Parts) => Parts }[] = [
    { code: "unauthorized", spoil: (parts) => ({ ...parts, key: "nx_live_nobody" }) },
    { code: "forbidden", spoil: (parts) => parts },
    { code: "not_found", spoil: (parts) => ({ ...parts, slug: "no-such-engine" }) },
    { code: "payload_too_large", spoil: (parts) => ({ ...parts, body: null }) },
    {
      code: "invalid_request",
      spoil: (parts) => ({ ...parts, body: parts.body === null ? null : parts.body!.replace("1", "1e999") }),
    },
    { code: "idempotency_key_reused", spoil: (parts) => ({ ...parts, idempotencyKey: "used" }) },
    {
      code: "engine_version_unavailable",
      spoil: (parts) => ({ ...parts, body: parts.body?.replace("}", ',"engine_version":"7.7"}') ?? null }),
    },
  ];

  let reader: TestKey;
  beforeEach(async () => {
    reader = await createKey(org.live, { scopes: ["runs:read"] });
    await submit({ body: '{"input":"another"}', idempotencyKey: "used" });
  });

  const pairs = SPOILERS.flatMap((first, a) => SPOILERS.slice(a).map((second) => ({ first, second })));
  test.each(pairs)("$first.code before $second.code", async ({ first, second }) => {
    const before = await runsOf(org.id);
    let parts: Parts = { body: '{"input":1}' };
    // the last first, so that what an earlier one replaces is replaced for good
    for (const spoiler of new Set([second, first])) parts = spoiler.spoil(parts);
    if ((first.code === "forbidden" || second.code === "forbidden") && parts.key === undefined) parts.key = reader.key;
    expect(await codeOf(submit(parts))).toBe(first.code);
    expect(await runsOf(org.id)).toEqual(before);
  });

  test("all at once, in one batch, each gets its own", async () => {
    const wanted = SPOILERS.filter(({ code }) => code !== "forbidden");
    const codes = await Promise.all(
      wanted.flatMap(({ spoil }) => [codeOf(submit(spoil({ body: '{"input":1}' }))), codeOf(submit())]),
    );
    expect(codes).toEqual(wanted.flatMap(({ code }) => [code, "accepted"]));
  });
});

describe("keys", () => {
  test.each([
    ["revoked", { revokedAt: new Date() }],
    ["expired", { expiresAt: new Date(Date.now() - 1) }],
  ])("a key that is %s is refused", async (_, dates) => {
    const dead = await createKey(org.live, dates);
    expect(await codeOf(submit({ key: dead.key }))).toBe("unauthorized");
  });

  test("a key of a deleted environment or organization is refused", async () => {
    const dev = await createEnvironment(org);
    const devKey = await createKey(dev);
    await submit({ key: devKey.key });
    await sql("update environment set deleted_at = now() where id = $1", [dev.id]);
    expect(await codeOf(submit({ key: devKey.key }))).toBe("unauthorized");
    await sql("update organization set deleted_at = now() where id = $1", [org.id]);
    expect(await codeOf(submit())).toBe("unauthorized");
  });

  test("another organization's engine of the same slug is not found", async () => {
    const other = await createOrganization();
    const theirs = await createEngine(other, { slug: "theirs-alone" });
    expect(await codeOf(submit({ slug: theirs.slug }))).toBe("not_found");
  });

  test("last use is remembered and written in the end, for the key that was used", async () => {
    const unused = await createKey(org.live);
    await submit();
    await flushLastUsed();
    const rows = await sql(
      "select key_id, last_used_at > now() - interval '1 minute' as recent from api_key_use where org_id = $1",
      [org.id],
    );
    expect(rows).toEqual([{ key_id: key.id, recent: true }]);
    expect(rows).not.toContainEqual(expect.objectContaining({ key_id: unused.id }));
  });
});

describe("which version a run gets", () => {
  test("its own, else the engine's pin, else the environment's pin, else the latest; frozen at submit", async () => {
    for (const [major, minor] of [
      [1, 1],
      [2, 0],
    ] as const) {
      await publishEngineVersion(org, engine, { major, minor });
    }
    expect(await versionOf('{"input":1}')).toBe("2.0");
    await sql("update environment set pinned_engine_version = '1.x' where id = $1", [org.live.id]);
    expect(await versionOf('{"input":1}')).toBe("1.1");
    await sql("update environment set engine_pins = jsonb_build_object($2::text, '1.0') where id = $1", [
      org.live.id,
      engine.slug,
    ]);
    expect(await versionOf('{"input":1}')).toBe("1.0");
    expect(await versionOf('{"input":1,"engine_version":"1.x"}')).toBe("1.1");
    expect(await versionOf('{"input":1,"engine_version":"2.0"}')).toBe("2.0");
  });

  test.each(["1", "1.0.0", "latest", "x.1", "01.0", "1.x ", ""])("%j is no version", async (version) => {
    expect(await codeOf(submit({ body: JSON.stringify({ input: 1, engine_version: version }) }))).toBe(
      "invalid_engine_version",
    );
  });

  test("an engine without a published version is refused, and so is a pin that nothing fits", async () => {
    await sql("delete from engine_version_head where engine_id = $1", [engine.id]);
    expect(await codeOf(submit())).toBe("engine_version_unavailable");
  });
});

describe("what is stored", () => {
  test("the sender's own text: digits, order, spaces", async () => {
    const body =
      '{ "offerings" : [ {"id":"a"} ], "input": {"n": 12345678901234567890.10, "z":1, "a":1.0e2, "u":"\\u00e9é"} }';
    expect(await stored(body)).toBe(body);
  });

  test("without the version, which is the run's and not the engine's to see", async () => {
    const body = '{"input":{"n": 1.50},"engine_version":"1.0", "offerings":[1 ,2]}';
    expect(await stored(body)).toBe('{"input":{"n": 1.50},"offerings":[1 ,2]}');
  });

  test("key, source and environment of the run, a mark, and usage that adds up", async () => {
    const dev = await createEnvironment(org);
    const devKey = await createKey(dev);
    const scope = environmentScope(sessionScope(org, "developer"), { id: dev.id, slug: dev.slug, kind: dev.kind });
    await Promise.all([
      ...Array.from({ length: 7 }, () => submit()),
      ...Array.from({ length: 5 }, () => submit({ key: devKey.key })),
      submitRun({ ...sender.submission(), submitter: { kind: "scope", scope, source: "portal" } }),
    ]);
    const usage = await sql(
      `select environment_id, key_id, source, sum(runs)::int as runs from usage_delta
       where org_id = $1 and day = (now() at time zone 'UTC')::date group by 1, 2, 3 order by runs`,
      [org.id],
    );
    expect(usage).toEqual([
      { environment_id: dev.id, key_id: "00000000-0000-0000-0000-000000000000", source: "portal", runs: 1 },
      { environment_id: dev.id, key_id: devKey.id, source: "api", runs: 5 },
      { environment_id: org.live.id, key_id: key.id, source: "api", runs: 7 },
    ]);
    const marks = await sql(
      "select environment_id, is_live from ready_environment where org_id = $1 order by is_live",
      [org.id],
    );
    expect(marks).toEqual([
      { environment_id: dev.id, is_live: false },
      { environment_id: org.live.id, is_live: true },
    ]);
    expect(
      await sql("select id from run where org_id = $1 and source = 'portal' and key_id is null", [org.id]),
    ).toHaveLength(1);
  });

  test("a person without the right to send runs is refused", async () => {
    const scope = environmentScope(sessionScope(org, "member"), { id: org.live.id, slug: "live", kind: "live" });
    const refused = submitRun({ ...sender.submission(), submitter: { kind: "scope", scope, source: "portal" } });
    expect(await codeOf(refused)).toBe("forbidden");
  });
});
