/** What callers send and read at once cannot take the web process's memory, which is limited here to what a few dozen of them would fill. */
import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { sql } from "../fixtures/database.ts";
import {
  createEngine,
  createKey,
  createOrganization,
  createRun,
  type TestEngine,
  type TestKey,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { until } from "../fixtures/processes.ts";
import { startServer, type TestServer } from "../fixtures/server.ts";

const MEGABYTE = 1 << 20;
// Just short of what V8 keeps outside of the heap that is limited here.
const LARGE_INPUT = "x".repeat(1_000_000);

let server: TestServer;
let org: TestOrganization;
let engine: TestEngine;
let key: TestKey;

beforeAll(async () => {
  server = await startServer({ env: { NODE_OPTIONS: "--max-old-space-size=160" } });
  org = await createOrganization();
  engine = await createEngine(org);
  key = await createKey(org.live);
});
afterAll(() => server?.stop());

const sockets: Connection[] = [];
afterEach(() => {
  for (const { socket } of sockets.splice(0)) socket.destroy();
});

type Connection = { socket: Socket; text: string; status(): number | undefined };

/** A connection that has sent this. With `pausesAfter` it takes so many characters of the answer, and no more until it is resumed. */
function converse(sent: string, pausesAfter = Infinity): Connection {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1", () => socket.write(sent));
  const connection: Connection = {
    socket,
    text: "",
    status: () => (connection.text === "" ? undefined : Number(connection.text.slice(9, 12))),
  };
  socket.setEncoding("latin1").on("data", (text: string) => {
    connection.text += text;
    if (connection.text.length > pausesAfter) socket.pause();
  });
  socket.on("error", () => {});
  sockets.push(connection);
  return connection;
}

const isHealthy = async () => !server.process.hasExited() && (await fetch(`${server.url}/health`)).ok;
const residentMegabytes = async () =>
  Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${server.process.pid}/status`, "utf8"))?.[1]) / 1024;
const countOf = (statuses: readonly (number | undefined)[], wanted: number | undefined) =>
  statuses.filter((status) => status === wanted).length;

const headOf = (path: string, authorization: string, bytes: number) =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n`;

const submitPath = () => `/api/v1/engines/${engine.slug}/runs`;

const getOf = (id: string, authorization: string, path: string) =>
  `GET /api/v1/${path}/${id} HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n\r\n`;

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

test("250 cancels of a run with an input of a megabyte: one cancels, the others are told, and the server lives", async () => {
  const id = await createRun(org.live, engine, { input: LARGE_INPUT });
  const cancel = () => fetch(`${server.url}/api/v1/runs/${id}/cancel`, { method: "POST", headers: key.authorization });
  const statuses = await Promise.all(Array.from({ length: 250 }, async () => (await cancel()).status));
  expect(countOf(statuses, 200)).toBe(1);
  // Who waits too long for a transaction is told to come again.
  expect(countOf(statuses, 409) + countOf(statuses, 503)).toBe(249);
  expect(await isHealthy()).toBe(true);
});

describe("bodies of a megabyte", () => {
  const submitSmall = async () =>
    (await fetch(server.url + submitPath(), { method: "POST", headers: key.authorization, body: '{"input":1}' }))
      .status;

  test.each([
    ["that no key has the form of", () => "Bearer nope"],
    ["that nobody has", () => `Bearer nx_live_${"0".repeat(64)}`],
  ])("are not read for a token %s: the 401 comes before them", async (_, authorization) => {
    const connection = converse(headOf(submitPath(), authorization(), MEGABYTE));
    expect(await until("the refusal", () => connection.status())).toBe(401);
  });

  const CHUNKED = "transfer-encoding: chunked";
  const chunkedHeadOf = (authorization: string) =>
    headOf(submitPath(), authorization, 0).replace("content-length: 0", CHUNKED);

  test("without a length are not read beyond what is small for a token that nobody has", async () => {
    const sent = chunkedHeadOf(`Bearer nx_live_${"0".repeat(64)}`) + chunk("x".repeat(100_000));
    const connection = converse(sent);
    expect(await until("the refusal", () => connection.status())).toBe(401);
  });

  test("without a length count as small until they are not", async () => {
    const head = chunkedHeadOf(key.authorization.authorization);
    const small = Array.from({ length: 100 }, () => converse(head + chunk('{"input":')));
    const large = Array.from({ length: 40 }, () => converse(head + chunk(`{"input":"${"x".repeat(200_000)}`)));
    await until(
      "the refusals",
      () =>
        countOf(
          large.map((one) => one.status()),
          503,
        ) === 8,
    );
    for (const { socket } of large) socket.destroy();
    for (const { socket } of small) socket.write(`${chunk("1}")}0\r\n\r\n`);
    await until(
      "the answers",
      () =>
        countOf(
          small.map((one) => one.status()),
          202,
        ) === small.length,
    );
  });

  test.each([
    ["runs", submitPath],
    ["drafts", () => `/api/v1/engines/${engine.slug}/config`],
  ])("are read up to a limit: of %s more are refused as overloaded, and small ones go on", async (_, path) => {
    const method = path().endsWith("/config") ? "PUT" : "POST";
    // All but the last byte, so that each that is read goes on being read.
    const sent = headOf(path(), key.authorization.authorization, MEGABYTE).replace("POST", method);
    const before = await residentMegabytes();
    const open = Array.from({ length: 50 }, () => converse(sent + "x".repeat(MEGABYTE - 1)));
    const statuses = () => open.map((connection) => connection.status());
    await until("the refusals", () => countOf(statuses(), 503) === open.length - 32);
    expect(countOf(statuses(), undefined)).toBe(32);
    expect(open.find((connection) => connection.status() === 503)!.text).toMatch(/retry-after: 1\r[^]*"overloaded"/);
    expect(await submitSmall()).toBe(202);
    expect((await residentMegabytes()) - before).toBeLessThan(100);
    // Room is given back.
    for (const { socket } of open) socket.destroy();
    const submitLarge = async () => {
      const body = `{"input":"${LARGE_INPUT}"}`;
      return (await fetch(server.url + submitPath(), { method: "POST", headers: key.authorization, body })).status;
    };
    await until("room", async () => (await submitLarge()) === 202);
  });
});

describe("outputs of many megabytes", () => {
  const OUTPUT_BYTES = 7 * MEGABYTE;

  test("take no room where only the head is asked for", async () => {
    const id = await createLargeRun();
    const ask = (method: string) => fetch(`${server.url}/api/v1/runs/${id}`, { method, headers: key.authorization });
    for (let asked = 0; asked < 6; asked += 1) expect((await ask("HEAD")).status).toBe(200);
    const answer = await ask("GET");
    expect(answer.status).toBe(200);
    expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(OUTPUT_BYTES);
  });

  async function createLargeRun(environment = org.live, of = engine): Promise<string> {
    const id = await createRun(environment, of, { status: "COMPLETED" });
    await sql(
      `update run_payload set body = '{"output":"' || repeat('x', $2) || '"}' where run_id = $1 and kind = 'output'`,
      [id, OUTPUT_BYTES],
    );
    return id;
  }

  test.each([
    ["the short way", "runs"],
    ["the app", "%72uns"],
  ])("are in memory as far as there is room, however slowly they are taken: %s", async (_, path) => {
    // Of an organization of its own: whose share is two of them, and no answer of another test is among them.
    const own = await createOrganization();
    const { authorization } = (await createKey(own.live)).authorization;
    const ownEngine = await createEngine(own);
    const id = await createLargeRun(own.live, ownEngine);
    const before = await residentMegabytes();
    const slow: Connection[] = [];
    const statuses = () => slow.map((connection) => connection.status());
    const firstAnswers = () => {
      // Who waits for long is told to come again, and does.
      const refused = countOf(statuses(), 503);
      while (slow.length - refused < 60) slow.push(converse(getOf(id, authorization, path), 1));
      return countOf(statuses(), 200) >= 2;
    };
    await until("the first answers", firstAnswers);
    // Another organization's are read beside them, and small runs at once.
    const other = await createOrganization();
    const theirs = await createLargeRun(other.live, await createEngine(other));
    const theirKey = await createKey(other.live);
    const read = await fetch(`${server.url}/api/v1/runs/${theirs}`, { headers: theirKey.authorization });
    expect(((await read.json()) as { output: string }).output).toHaveLength(OUTPUT_BYTES);
    const small = await createRun(own.live, ownEngine, { status: "COMPLETED" });
    expect((await fetch(`${server.url}/api/v1/runs/${small}`, { headers: { authorization } })).status).toBe(200);
    expect(countOf(statuses(), 200)).toBeLessThan(10);
    expect((await residentMegabytes()) - before).toBeLessThan(200);
    // Whoever goes away makes room, those who wait for it too: for both, and long before their answers' time is over, which is after four minutes.
    for (const { socket } of slow.splice(0)) socket.destroy();
    await until("the next answers", firstAnswers);
    for (const { socket } of slow) socket.destroy();
    await until("room", async () => {
      const answer = await fetch(`${server.url}/api/v1/runs/${id}`, { headers: { authorization } });
      return (await answer.arrayBuffer()).byteLength > OUTPUT_BYTES;
    });
  });
});
