/** What callers send and read at once cannot take the web process's memory, which is limited here to what a few dozen of them would fill. */
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createEngine,
  createKey,
  createOrganization,
  createRun,
  type TestEngine,
  type TestKey,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { startServer, type TestServer } from "../fixtures/server.ts";

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

const isHealthy = async () => !server.process.hasExited() && (await fetch(`${server.url}/health`)).ok;

test("250 cancels of a run with an input of a megabyte: one cancels, the others are told, and the server lives", async () => {
  const id = await createRun(org.live, engine, { input: LARGE_INPUT });
  const cancel = () => fetch(`${server.url}/api/v1/runs/${id}/cancel`, { method: "POST", headers: key.authorization });
  const statuses = await Promise.all(Array.from({ length: 250 }, async () => (await cancel()).status));
  expect(Map.groupBy(statuses, (status) => status).get(200)).toHaveLength(1);
  expect(new Set(statuses)).toEqual(new Set([200, 409]));
  expect(await isHealthy()).toBe(true);
});
