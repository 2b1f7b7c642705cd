/** POST /runs/{id}/callback: who may finish a run, with what, how often, and what everybody else is told. */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { prisma } from "../../lib/db.ts";
import { newId } from "../../lib/ids.ts";
import { getRun } from "../../lib/runs/service.ts";
import { sql } from "../fixtures/database.ts";
import { createCallback, createHttpEngine, createRun, type TestEngine } from "../fixtures/factories.ts";
import { forEachHost } from "../fixtures/hosts.ts";
import { comparable, createTenant, fingerprint, SHAPELESS, type Tenant } from "../fixtures/isolation.ts";

type Waiting = { runId: string; token: string };

forEachHost(["server", "mount"], (host) => {
  let own: Tenant;
  let foreign: Tenant;
  let engine: TestEngine;
  let waiting: Waiting;

  beforeAll(async () => {
    own = await createTenant();
    foreign = await createTenant();
    engine = await createHttpEngine(own.organization, { url: "http://127.0.0.1:9/" });
  });

  /** A run that only its callback holds, as after a 202. */
  async function leaveToCallback({ expiresInMs = 60_000 } = {}): Promise<Waiting> {
    const runId = await createRun(own.organization.live, engine, { status: "RUNNING" });
    const leaseId = newId();
    await prisma().run.update({ where: { orgId_id: { orgId: own.organization.id, id: runId } }, data: { leaseId } });
    const token = await createCallback(own.organization, runId, { leaseId, waiting: true, expiresInMs });
    return { runId, token };
  }

  beforeEach(async () => {
    waiting = await leaveToCallback();
  });

  function send(runId: string, token: string | undefined, body: BodyInit = '{"output":{}}', headers: HeadersInit = {}) {
    return host.fetch(`/api/v1/runs/${runId}/callback`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body,
    });
  }
  const finish = async (body: unknown) => {
    const response = await send(waiting.runId, waiting.token, JSON.stringify(body));
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const get = async (runId: string) => {
    const response = await host.fetch(`/api/v1/runs/${runId}`, { headers: own.liveKey.authorization });
    return (await response.json()) as Record<string, unknown>;
  };

  describe("the run's token", () => {
    it("completes it with an output and solutions, and every digit of them", async () => {
      const response = await send(
        waiting.runId,
        waiting.token,
        '{ "output": {"rate": 1.10}, "solutions": [{"rank": 1}] }',
      );
      expect({ status: response.status, body: await response.json() }).toEqual({
        status: 200,
        body: { run_id: waiting.runId, status: "COMPLETED" },
      });
      expect(await get(waiting.runId)).toMatchObject({
        status: "COMPLETED",
        output: { rate: 1.1 },
        solutions: [{ rank: 1 }],
        completed_at: expect.any(String),
      });
      const [stored] = await sql("select body from run_payload where run_id = $1 and kind = 'output'", [waiting.runId]);
      expect(stored).toEqual({ body: '{"output":{"rate": 1.10},"solutions":[{"rank": 1}]}' });
      expect(await sql("select from run_callback where run_id = $1 and waiting", [waiting.runId])).toEqual([]);
    });

    it("fails it with an error", async () => {
      expect(await finish({ error: { message: "No such company" } })).toMatchObject({
        status: 200,
        body: { status: "FAILED" },
      });
      expect(await get(waiting.runId)).toMatchObject({
        status: "FAILED",
        error: { code: "engine_reported_error", message: "No such company" },
      });
    });

    it("is used once: then 409, however many come at the same time", async () => {
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, n) => send(waiting.runId, waiting.token, JSON.stringify({ output: { n } }))),
      );
      const statuses = answers.map(({ status }) => status).sort((a, b) => a - b);
      expect(statuses).toEqual([200, ...Array.from({ length: 11 }, () => 409)]);
      const winner = answers.findIndex(({ status }) => status === 200);
      expect(await get(waiting.runId)).toMatchObject({ output: { n: winner } });
      expect(await finish({ output: {} })).toMatchObject({ status: 409, body: { code: "conflict" } });
    });

    it("is worth nothing for a run that was canceled", async () => {
      const cancel = await host.fetch(`/api/v1/runs/${waiting.runId}/cancel`, {
        method: "POST",
        headers: own.liveKey.authorization,
      });
      expect(cancel.status).toBe(200);
      expect(await finish({ output: {} })).toMatchObject({ status: 409, body: { code: "conflict" } });
      expect(await get(waiting.runId)).toMatchObject({ status: "CANCELED" });
    });

    it("is worth nothing after its deadline, also where nobody has looked yet", async () => {
      waiting = await leaveToCallback({ expiresInMs: -1 });
      expect(await finish({ output: {} })).toMatchObject({ status: 409, body: { code: "conflict" } });
      expect(await get(waiting.runId)).toMatchObject({ status: "RUNNING" });
    });

    it("of the first call is as good as that of the second, after a takeover", async () => {
      const second = newId();
      await createCallback(own.organization, waiting.runId, { leaseId: second });
      await sql("update run set lease_id = $2 where id = $1", [waiting.runId, second]);
      expect(await finish({ output: { from: "first" } })).toMatchObject({ status: 200 });
      expect(await get(waiting.runId)).toMatchObject({ output: { from: "first" } });
    });

    it("is asked to come again while its run waits to be called again", async () => {
      await sql("update run set status = 'PENDING', lease_id = null where id = $1", [waiting.runId]);
      const response = await send(waiting.runId, waiting.token);
      expect({ status: response.status, after: response.headers.get("retry-after") }).toEqual({
        status: 503,
        after: "5",
      });
      expect(await get(waiting.runId)).toMatchObject({ status: "PENDING" });
    });
  });

  it("people see until when a run waits for its callback", async () => {
    const { scope } = own.organization.live;
    const { callback_expires_at: deadline } = await getRun(scope, waiting.runId);
    expect(Date.parse(deadline!)).toBeGreaterThan(Date.now());
    await finish({ output: {} });
    expect(await getRun(scope, waiting.runId)).not.toHaveProperty("callback_expires_at");
  });

  it("everything that is not the run's token gets one and the same 401, and changes nothing", async () => {
    const another = await leaveToCallback();
    const before = [await fingerprint(own.organization.id), await fingerprint(foreign.organization.id)];
    const CALLERS: Record<string, () => Promise<Response>> = {
      "no token": () => send(waiting.runId, undefined),
      "an empty token": () => send(waiting.runId, ""),
      garbage: () => send(waiting.runId, "garbage"),
      "a token of the right shape": () => send(waiting.runId, `nxc_${"A".repeat(43)}`),
      "the token in other letters": () => send(waiting.runId, waiting.token.toUpperCase()),
      "the token, cut": () => send(waiting.runId, waiting.token.slice(0, -1)),
      "the token of another run": () => send(waiting.runId, another.token),
      "the token of another organization's run": () => send(waiting.runId, foreign.callbackToken),
      "the organization's key": () => send(waiting.runId, own.liveKey.key),
      "the token in a cookie": () =>
        send(waiting.runId, undefined, undefined, { cookie: `wos-session=${waiting.token}` }),
      "the token under another scheme": () =>
        send(waiting.runId, undefined, undefined, { authorization: `Basic ${waiting.token}` }),
      "the token for another run": () => send(another.runId, waiting.token),
      "the token for another organization's run": () => send(foreign.liveRunId, waiting.token),
      "the token for a run that does not exist": () => send(newId(), waiting.token),
      "a wrong token and a broken body": () => send(waiting.runId, another.token, "{broken"),
      "a wrong token and a large body": () => send(waiting.runId, another.token, "x".repeat(1_048_577)),
      ...Object.fromEntries(SHAPELESS.map((text) => [text, () => send(text, waiting.token)])),
    };
    const answers = [];
    for (const [caller, call] of Object.entries(CALLERS)) answers.push({ caller, ...(await comparable(await call())) });
    const [first] = answers;
    expect(JSON.parse(first!.body)).toEqual({ code: "unauthorized", message: expect.any(String), request_id: "" });
    for (const answer of answers) expect(answer).toEqual({ ...first, caller: answer.caller, status: 401 });
    expect([await fingerprint(own.organization.id), await fingerprint(foreign.organization.id)]).toEqual(before);
  });

  it.each<[unknown, string]>([
    [{}, "output"],
    [{ output: [] }, "output"],
    [{ output: null }, "output"],
    [{ output: {}, error: { message: "both" } }, "error"],
    [{ error: {} }, "error.message"],
    [{ error: { message: " " } }, "error.message"],
    [{ error: { message: "x", code: "mine" } }, "error.code"],
    [{ output: {}, solutions: {} }, "solutions"],
    [{ output: {}, solutions: [1] }, "solutions.0"],
    [{ solutions: [] }, "output"],
    [{ output: {}, status: "COMPLETED" }, "status"],
    [{ output: { text: "\0" } }, "output.text"],
  ])("%j is refused with its place, and the token stays good", async (body, path) => {
    const refused = await finish(body);
    expect(refused).toMatchObject({ status: 400, body: { code: "invalid_request", details: [{ path }] } });
    expect(await finish({ output: {} })).toMatchObject({ status: 200 });
  });

  it("refuses what is too large, and then takes what is not", async () => {
    const large = await finish({ output: { text: "x".repeat(1_048_576) } });
    expect(large).toMatchObject({ status: 413, body: { code: "payload_too_large" } });
    expect(await finish({ output: { text: "x".repeat(1_000_000) } })).toMatchObject({ status: 200 });
  });

  it("keeps no token as it is", async () => {
    const rows = await sql<{ text: string }>("select t::text as text from run_callback t where run_id = $1", [
      waiting.runId,
    ]);
    expect(rows).toHaveLength(1);
    expect(rows[0]!.text).not.toContain(waiting.token.slice(4));
  });
});
