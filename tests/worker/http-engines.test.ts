/** Runs of http engines: what their services are sent, and what every answer comes to. */
import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { prisma } from "../../lib/db.ts";
import { replaceSecret } from "../../lib/engines/secret-store.ts";
import { createOutboundClient } from "../../lib/outbound/client.ts";
import { makePolicy } from "../../lib/outbound/policy.ts";
import { createResolve } from "../../lib/outbound/resolve.ts";
import { sql } from "../fixtures/database.ts";
import { startDnsServer } from "../fixtures/dns-server.ts";
import {
  createEnvironment,
  createHttpEngine,
  createOrganization,
  type TestEnvironment,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { fromNow } from "../fixtures/moments.ts";
import { until } from "../fixtures/processes.ts";
import type { Answer } from "../fixtures/receiver.ts";
import { bodyOf, callBack, execute, outputOf, service, stopAll } from "./http-harness.ts";
import { acceptRuns, forbiddenTransitions, haveEnded, recordTransitions, runStates } from "./runs.ts";

let org: TestOrganization;
let dev: TestEnvironment;

beforeAll(recordTransitions);
beforeEach(async () => {
  await sql("delete from ready_environment");
  await sql("truncate run, run_payload, run_callback, usage_delta, status_change");
  org = await createOrganization();
  dev = await createEnvironment(org);
});
afterEach(async () => {
  await stopAll();
  expect(await forbiddenTransitions()).toEqual([]);
});

const ended = (ids: readonly string[]) => until("the runs to end", () => haveEnded(ids));
const engineAt = (url: string, more: { timeoutMs?: number; callback_timeout_ms?: number } = {}) =>
  createHttpEngine(org, { url, ...more });

describe("a call", () => {
  test("is signed for off-the-shelf verifiers, and carries the run and the way to finish it", async () => {
    const answering = await service(() => ({ ok: true }));
    const engine = await createHttpEngine(org, { url: `${answering.url}/score?x=1`, headers: { "X-Team": "risk" } });
    const expectMeanwhile = fromNow();
    execute();
    const [id] = await acceptRuns(dev, engine, 1, { input: { amount: 21 } });
    await ended([id!]);
    const [request] = answering.received;
    const headers = request!.headers as Record<string, string>;
    expect(new Webhook(engine.secret).verify(request!.body, headers)).toEqual(bodyOf(request!));
    expect(request!.path).toBe("/score?x=1");
    expect(headers).toMatchObject({
      "webhook-id": id,
      "content-type": "application/json",
      "user-agent": "Nexio-Engines/1.0",
      "x-nexio-event": "run.requested",
      "x-nexio-timestamp": headers["webhook-timestamp"],
      "x-team": "risk",
    });
    const hex = createHmac("sha256", engine.secret)
      .update(`${headers["webhook-timestamp"]}.${request!.body}`)
      .digest("hex");
    expect(headers["x-nexio-signature"]).toBe(`t=${headers["webhook-timestamp"]},v1=${hex}`);
    expect(bodyOf(request!)).toEqual({
      run_id: id,
      environment: dev.slug,
      engine: engine.slug,
      engine_version: "1.0",
      input: { amount: 21 },
      callback: {
        url: `http://127.0.0.1:3000/api/v1/runs/${id}/callback`,
        token: expect.stringMatching(/^nxc_[\w-]{43}$/),
        expires_at: expect.any(String),
      },
    });
    expectMeanwhile(Date.parse(bodyOf(request!).callback.expires_at) - 15 * 60_000);
  });

  test("is signed with the old secret too while that is kept", async () => {
    const answering = await service(() => ({}));
    const engine = await engineAt(answering.url);
    const { secret } = await prisma().$transaction((tx) => replaceSecret(tx, org.id, engine.id, 24));
    execute();
    await ended(await acceptRuns(dev, engine, 1));
    const { body } = answering.received[0]!;
    const headers = answering.received[0]!.headers as Record<string, string>;
    for (const valid of [secret, engine.secret]) expect(() => new Webhook(valid).verify(body, headers)).not.toThrow();
    expect(headers["x-nexio-signature"]!.match(/v1=/g)).toHaveLength(2);
  });

  test("and its answer keep every digit", async () => {
    const answering = await service((_, response) => void response.end('{"rate": 1.10, "id": 12345678901234567890}'));
    const engine = await engineAt(answering.url);
    execute();
    const [id] = await acceptRuns(dev, engine, 1);
    await sql("update run_payload set body = $2 where run_id = $1", [
      id,
      ' {"input": {"n": 1.50, "big": 98765432109876543210}}\n',
    ]);
    await ended([id!]);
    expect(answering.received[0]!.body).toContain('"input": {"n": 1.50, "big": 98765432109876543210},"callback":{');
    expect((await outputOf(id!)).text).toBe('{"output":{"rate": 1.10, "id": 12345678901234567890}}');
  });

  test("leaves no callback behind when it was answered at once, and tells whoever calls back all the same, not strangers", async () => {
    const answering = await service(() => ({ first: true }));
    const engine = await engineAt(answering.url);
    execute();
    const ids = await acceptRuns(dev, engine, 3);
    await ended(ids);
    await until("the callbacks to be forgotten", async () => (await sql("select from run_callback")).length === 0);
    const [one, another] = answering.received.map(bodyOf);
    expect(await callBack(one!.callback, { output: {} })).toMatchObject({ status: 409, body: { code: "conflict" } });
    const { url } = one!.callback;
    for (const token of [
      another!.callback.token,
      one!.callback.token.slice(0, -1),
      `nxc_${"A".repeat(43)}`,
      "nxc_",
      undefined,
    ]) {
      expect(await callBack({ url, token }, { output: {} })).toMatchObject({ status: 401 });
    }
    expect(await outputOf(one!.run_id)).toMatchObject({ output: { first: true } });
  });
});

const text =
  (body: string): Answer =>
  (_, response) =>
    void response.end(body);
const status =
  (code: number, body = "", headers = {}): Answer =>
  (_, response) =>
    void response.writeHead(code, headers).end(body);

describe("an answer", () => {
  const GOOD: Record<string, { answer: Answer; stored: object; summary: string | null }> = {
    "an object": { answer: () => ({ score: 1 }), stored: { output: { score: 1 } }, summary: null },
    "an empty object": { answer: text(" {} "), stored: { output: {} }, summary: null },
    findings: {
      answer: () => ({ findings: [{ code: "a" }] }),
      stored: { output: { findings: [{ code: "a" }] } },
      summary: "1 finding",
    },
    "an output": { answer: () => ({ output: { a: 1 } }), stored: { output: { a: 1 } }, summary: null },
    "an output with solutions": {
      answer: () => ({ output: { a: 1 }, solutions: [{ rank: 1 }, { rank: 2 }] }),
      stored: { output: { a: 1 }, solutions: [{ rank: 1 }, { rank: 2 }] },
      summary: "2 solutions",
    },
    "an object with an output and more": {
      answer: () => ({ output: { a: 1 }, b: 2 }),
      stored: { output: { output: { a: 1 }, b: 2 } },
      summary: null,
    },
    "an object whose output is none": {
      answer: () => ({ output: 1 }),
      stored: { output: { output: 1 } },
      summary: null,
    },
  };
  test.each(Object.entries(GOOD))("that is %s completes the run", async (_, { answer, stored, summary }) => {
    const answering = await service(answer);
    const engine = await engineAt(answering.url);
    execute();
    const [id] = await acceptRuns(dev, engine, 1);
    await ended([id!]);
    const { text: body, ...output } = await outputOf(id!);
    expect(output, body).toEqual(stored);
    const [run] = await sql("select status, summary, error_code, takeovers from run where id = $1", [id]);
    expect(run).toEqual({ status: "COMPLETED", summary, error_code: null, takeovers: 0 });
  });

  const BAD: Record<string, { answer: Answer; code: string; message: string; details?: object; timeoutMs?: number }> = {
    "reports an error": {
      answer: () => ({ error: { message: "no such company" } }),
      code: "engine_reported_error",
      message: "no such company",
    },
    "is no JSON": {
      answer: text("<html>oops"),
      code: "engine_invalid_response",
      message: "not usable JSON",
      details: { response: "<html>oops" },
    },
    "is a list": { answer: () => [1], code: "engine_invalid_response", message: "not an object" },
    "is null": { answer: text("null"), code: "engine_invalid_response", message: "not an object" },
    "is empty": { answer: text(""), code: "engine_invalid_response", message: "without a body" },
    "is not UTF-8": {
      answer: (_, response) => void response.end(Buffer.from([0x7b, 0xff, 0x7d])),
      code: "engine_invalid_response",
      message: "UTF-8",
    },
    "is nested too deep": {
      answer: text(`{"a":${"[".repeat(80)}${"]".repeat(80)}}`),
      code: "engine_invalid_response",
      message: "nested",
    },
    "holds a NUL": { answer: text('{"a":"\\u0000"}'), code: "engine_invalid_response", message: "a" },
    "is too large": {
      answer: () => ({ text: "x".repeat(1_048_576) }),
      code: "engine_output_too_large",
      message: "1048576 bytes",
    },
    "is a 204": {
      answer: status(204),
      code: "engine_http_status",
      message: "status 204",
      details: { http_status: 204 },
    },
    "is a 201": { answer: status(201, "{}"), code: "engine_http_status", message: "status 201" },
    redirects: {
      answer: status(302, "", { location: "http://127.0.0.1/" }),
      code: "engine_http_status",
      message: "redirect",
    },
    "is a 500": {
      answer: status(500, "boom\0"),
      code: "engine_http_status",
      message: "status 500",
      details: { http_status: 500, response: "boom�" },
    },
    "never comes: the connection is reset": {
      answer: (_, response) => void response.destroy(),
      code: "engine_unreachable",
      message: "closed",
    },
    "never comes": { answer: () => undefined, code: "engine_timeout", message: "within 700 ms", timeoutMs: 700 },
  };
  test.each(Object.entries(BAD))(
    "that %s fails the run with its code",
    async (_, { answer, code, message, details, timeoutMs = 60_000 }) => {
      const answering = await service(answer);
      const engine = await engineAt(answering.url, { timeoutMs });
      execute();
      const [id] = await acceptRuns(dev, engine, 1);
      await ended([id!]);
      const { error } = await outputOf(id!);
      expect(error).toMatchObject({ code, message: expect.stringContaining(message), ...(details ? { details } : {}) });
      expect((await runStates([id!]))[0]).toMatchObject({ status: "FAILED", error_code: code, takeovers: 0 });
      expect(answering.received).toHaveLength(1);
    },
  );

  test("that may not be asked for fails the run: an address, a name that resolves to one, http: in production", async () => {
    const dns = await startDnsServer(() => ["10.0.0.1"]);
    const client = createOutboundClient({ policy: makePolicy(), resolve: createResolve([dns.address]) });
    const urls = ["https://169.254.169.254/", "https://api.example.test/", "http://93.184.216.34/"];
    const ids = [];
    for (const url of urls) ids.push(...(await acceptRuns(dev, await engineAt(url), 1)));
    execute({}, client);
    await ended(ids);
    const codes = (await runStates(ids)).map((state) => state.error_code);
    expect(codes).toEqual(["url_not_allowed", "url_not_allowed", "url_not_allowed"]);
    await dns.stop();
  });
});
