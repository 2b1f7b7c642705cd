/** The web server as a process: what travels badly is refused, nothing secret is logged, and it ends without dropping anybody. */
import { connect, type Socket } from "node:net";
import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createEngine, createKey, createOrganization, type TestEngine, type TestKey } from "../fixtures/factories.ts";
import { ERROR_STATUS } from "../../lib/errors.ts";
import { sql } from "../fixtures/database.ts";
import { until } from "../fixtures/processes.ts";
import { startServer, type TestServer } from "../fixtures/server.ts";

let server: TestServer;
let key: TestKey;
let engine: TestEngine;
let path: string;

beforeAll(async () => {
  server = await startServer({ env: { LOG_LEVEL: "debug" } });
  const org = await createOrganization();
  engine = await createEngine(org);
  key = await createKey(org.live);
  path = `/api/v1/engines/${engine.slug}/runs`;
});
afterAll(() => server?.stop());

const port = () => Number(new URL(server.url).port);

/** Everything that comes back over one connection for these bytes, until it is closed. */
function converse(send: (socket: Socket) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port(), "127.0.0.1", () => send(socket));
    let answer = "";
    socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

const submit = (body: BodyInit, headers: Record<string, string> = {}) =>
  fetch(server.url + path, {
    method: "POST",
    headers: { ...key.authorization, ...headers },
    body,
    duplex: "half",
  } as RequestInit);

const checks = async () =>
  ((await (await fetch(`${server.url}/ready`)).json()) as { checks: Record<string, string> }).checks;

const beat = (age: string) =>
  sql(
    `insert into worker_heartbeat (worker_id, started_at, beat_at) values (gen_random_uuid(), now(), now() - interval '${age}')`,
  );

describe("every answer", () => {
  test("carries a request id of its own, whatever the caller sends", async () => {
    const ids = new Set<string>();
    for (const where of ["/health", "/ready", "/api/v1/runs", "/api/v1/nothing", "/api/v1", `${path}?x=1`]) {
      const { headers } = await fetch(server.url + where, { headers: { "x-request-id": "mine" } });
      expect(headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{24}$/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      ids.add(headers.get("x-request-id")!);
    }
    expect(ids.size).toBe(6);
  });

  test("of the API ignores a session cookie", async () => {
    const response = await fetch(`${server.url}/api/v1/runs`, { headers: { cookie: "wos-session=anything" } });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
  });
});

describe("health", () => {
  test("/ready names what is missing, and wants a heartbeat of the last 15 seconds", async () => {
    await sql("delete from worker_heartbeat");
    expect(await checks()).toMatchObject({ database: "ok", migrations: "ok", worker: "failed" });
    await beat("16 seconds");
    expect(await checks()).toMatchObject({ worker: "failed" });
    await beat("10 seconds");
    expect(await checks()).toMatchObject({ worker: "ok" });
    await sql("update _prisma_migrations set finished_at = null");
    expect(await checks()).toMatchObject({ database: "ok", migrations: "failed" });
    await sql("update _prisma_migrations set finished_at = now()");
  });
});

/** Asks before it sends the body, and sends it when told to. */
const askFirst = (to: string, headers: Record<string, string | number>, body = '{"input":1}') =>
  new Promise<{ status: number; continued: boolean }>((resolve, reject) => {
    let continued = false;
    const request = httpRequest(server.url + to, {
      method: "POST",
      headers: { "content-length": body.length, ...headers, expect: "100-continue" },
    });
    request.on("continue", () => {
      continued = true;
      request.end(body);
    });
    request.on("response", (response) => {
      resolve({ status: response.statusCode!, continued });
      request.destroy();
    });
    request.on("error", reject);
    request.flushHeaders();
  });

describe("bodies", () => {
  test("of exactly 1 MiB are taken, one byte more is refused, announced or not", async () => {
    const exact = `{"input":"${"x".repeat(1_048_576 - 12)}"}`;
    expect((await submit(exact)).status).toBe(202);
    expect((await submit(`${exact} `)).status).toBe(413);
    const chunked = new Blob([exact, " "]).stream();
    expect((await submit(chunked as BodyInit)).status).toBe(413);
    // The connection goes on being of use.
    expect((await submit('{"input":1}')).status).toBe(202);
  });

  test("of 10 MiB are refused without being taken: who asks before sending is not told to send", async () => {
    const large = { ...key.authorization, "content-length": 10 << 20 };
    for (const to of [path, "/api/v1/environments"]) {
      expect(await askFirst(to, large)).toEqual({ status: 413, continued: false });
    }
  });

  test("that are refused for their sender are not asked for either", async () => {
    const nobodys = { authorization: `Bearer nx_live_${"0".repeat(64)}` };
    const refused = { status: 401, continued: false };
    for (const to of [path, "/api/v1/environments"]) expect(await askFirst(to, {})).toEqual(refused);
    expect(await askFirst(path, { authorization: "Bearer nope" })).toEqual(refused);
    expect(await askFirst(path, { ...nobodys, "content-length": 1 << 20 })).toEqual(refused);
    expect(await askFirst(path, key.authorization)).toEqual({ status: 202, continued: true });
    expect(await askFirst("/api/v1/environments", key.authorization, '{"slug":"asked"}')).toEqual({
      status: 201,
      continued: true,
    });
    expect((await askFirst("/health", {})).continued).toBe(true);
  });

  test("that never end are cut off, with the refusal sent first", async () => {
    const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    let sent = 0;
    const answer = await converse((socket) => {
      socket.write(
        `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${key.authorization.authorization}\r\ntransfer-encoding: chunked\r\n\r\n`,
      );
      const more = () => {
        while (!socket.destroyed && socket.write(chunk)) sent += chunk.length;
        sent += chunk.length;
      };
      socket.on("drain", more);
      socket.on("error", () => {});
      more();
    }).catch(() => "cut");
    expect(sent).toBeLessThan(200 << 20);
    if (answer !== "cut") expect(answer).toMatch(/^HTTP\/1.1 413 /);
  });

  test("whose sender goes away in the middle leave nothing behind", async () => {
    const before = await sql("select count(*) from run");
    await converse((socket) => {
      socket.write(
        `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${key.authorization.authorization}\r\ncontent-length: 100\r\n\r\n{"input":`,
      );
      setImmediate(() => socket.destroy());
    });
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    expect(await sql("select count(*) from run")).toEqual(before);
  });
});

test.each([
  ["the short way", (path: string) => path],
  ["the app", (path: string) => path.replace("/runs", "/%72uns")],
])("an Idempotency-Key that is sent twice is refused by %s, one with a comma is not", async (_, way) => {
  const ask = async (...keys: string[]) => {
    const headers = ["host: x", `authorization: ${key.authorization.authorization}`, "content-length: 11"];
    for (const one of keys) headers.push(`idempotency-key: ${one}`);
    const answer = await converse((socket) =>
      socket.write(`POST ${way(path)} HTTP/1.1\r\n${headers.join("\r\n")}\r\nconnection: close\r\n\r\n{"input":1}`),
    );
    return { answer, status: Number(answer.slice(9, 12)) };
  };
  for (const keys of [
    ["a", "b"],
    ["a", "a"],
  ]) {
    const { status, answer } = await ask(...keys);
    expect(status).toBe(400);
    expect(answer).toContain('"path":"Idempotency-Key"');
  }
  expect((await ask("a, b")).status).toBe(202);
});

describe("what is no proper HTTP", () => {
  test.each([
    ["nonsense", "GARBAGE\r\n\r\n", 400, "invalid_request"],
    [
      "a header of 64 KiB",
      `GET /health HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(65_536)}\r\n\r\n`,
      431,
      "headers_too_large",
    ],
    [
      "two lengths",
      `POST ${"/api/v1/runs"} HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n`,
      400,
      "invalid_request",
    ],
    [
      "a length and chunks",
      "POST /api/v1/runs HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
      400,
      "invalid_request",
    ],
    ["options of everything", "OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n", 404, "not_found"],
    ["a target that is no path", "GET nowhere HTTP/1.1\r\nhost: x\r\n\r\n", 400, "invalid_request"],
    ["a request that names no host", "GET /health HTTP/1.1\r\n\r\n", 400, "invalid_request"],
    ["a method that only proxies know", "TRACE /runs HTTP/1.1\r\nhost: x\r\n\r\n", 405, "method_not_allowed"],
    ["a page below a dialect", "GET /v1/agents HTTP/1.1\r\nhost: x\r\n\r\n", 404, "not_found"],
    ["a tunnel", "CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n\r\n", 404, "not_found"],
    [
      "an expectation that nobody knows",
      "POST /api/v1/runs HTTP/1.1\r\nhost: x\r\nexpect: xyz\r\ncontent-length: 2\r\n\r\n",
      417,
      "expectation_failed",
    ],
  ] as const)("%s is refused with JSON and an end", async (_, bytes, status, code) => {
    const answer = await converse((socket) => socket.write(bytes));
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    const [, requestId] = /^x-request-id: (req_[0-9a-f]{24})\r$/m.exec(answer) ?? [];
    expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")))).toEqual({
      code,
      message: expect.any(String),
      request_id: requestId,
      ...(code === "invalid_request"
        ? { details: [{ path: expect.stringMatching(/^(request|host)$/), message: expect.any(String) }] }
        : {}),
    });
    expect(ERROR_STATUS[code]).toBe(status);
    expect(answer).toContain("connection: close");
  });

  test.each(["h2c", "websocket"])(
    "an offer to upgrade to %s is passed over: the answer is the usual one",
    async (to) => {
      const ask = (path: string) =>
        converse((socket) =>
          socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: ${to}\r\n\r\n`),
        );
      expect(await ask("/health")).toMatch(/^HTTP\/1.1 200 [^]*{"status":"ok"}$/);
      expect(await ask("/api/v1/runs")).toMatch(/^HTTP\/1.1 401 [^]*"code":"unauthorized"/);
    },
  );

  test("a whole address as target means its path", async () => {
    const answer = await converse((socket) =>
      socket.write("GET http://x/health?y HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
    );
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).toContain('{"status":"ok"}');
  });

  test.each([
    "/api/v1/runs/%",
    "/api/v1/engines/%2e%2e/runs",
    "//api/v1/runs",
    "/api/v1/../../etc/passwd",
    "/api/v1/runs/%00",
  ])("the path %s gets an answer below 500", async (odd) => {
    const answer = await converse((socket) =>
      socket.write(
        `GET ${odd} HTTP/1.1\r\nhost: x\r\nauthorization: ${key.authorization.authorization}\r\nconnection: close\r\n\r\n`,
      ),
    );
    expect(answer).toMatch(/^HTTP\/1.1 ([234]\d\d|503) /);
    expect(answer).not.toContain("root:");
  });
});

test("the log names refused requests, and holds no key, cookie or query", async () => {
  const cookie = "wos-session=verysecretcookie";
  await submit('{"input":1}', { "idempotency-key": "idem" });
  await submit('{"input":', { cookie });
  const { headers } = await fetch(`${server.url}/api/v1/runs?cursor=secretquery`, {
    headers: { ...key.authorization, cookie },
  });
  await fetch(`${server.url}/api/v1/runs/nobody`, { headers: { authorization: "Bearer nx_live_wrongsecret" } });
  await until("the refusals to be logged", () => server.process.output().includes(headers.get("x-request-id")!));
  const output = server.process.output();
  expect(output).toContain('"code":"invalid_request"');
  const line = output.split("\n").find((text) => text.includes(headers.get("x-request-id")!))!;
  expect(JSON.parse(line)).toMatchObject({ status: 400, path: "/api/v1/runs", code: "invalid_request" });
  for (const secret of [key.key, key.key.slice(20), "verysecretcookie", "secretquery", "wrongsecret"]) {
    expect(output).not.toContain(secret);
  }
});

test("every line of its log is JSON, whoever wrote it", async () => {
  // AuthKit writes to the console when a sign-in comes back that nobody began.
  await fetch(`${server.url}/callback?code=x&state=y`, { redirect: "manual" });
  const lines = await until("a line of the console", () => {
    const all = server.process.output().split("\n").filter(Boolean);
    return all.some((line) => line.includes('"part":"console"')) ? all : undefined;
  });
  for (const line of lines) expect(() => JSON.parse(line) as unknown, line).not.toThrow();
});

describe("the end", () => {
  test("SIGTERM: what is under way is answered, new connections are refused, and it ends", async () => {
    const other = await startServer();
    const url = new URL(other.url);
    // Under way: its headers are there, its body is not.
    const body = '{"input":1}';
    const answered = new Promise<number>((resolve, reject) => {
      const request = httpRequest(new URL(path, url), {
        method: "POST",
        headers: { ...key.authorization, "content-length": body.length },
      });
      request.on("response", (response) => resolve(response.statusCode!));
      request.on("error", reject);
      request.write(body.slice(0, 5));
      void (async () => {
        await until("the request to be under way", async () => (await fetch(`${other.url}/health`)).ok);
        other.process.kill("SIGTERM");
        await until("new connections to be refused", () =>
          fetch(`${other.url}/health`).then(
            () => false,
            () => true,
          ),
        );
        request.end(body.slice(5));
      })();
    });
    expect(await answered).toBe(202);
    expect(await other.process.exited).toEqual({ exitCode: 0, signal: null });
    await other.stop();
  });
});
