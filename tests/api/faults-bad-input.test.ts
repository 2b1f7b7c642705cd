/**
 * Bad input, against every operation of the API that takes a body: a clear error that names the field, and nothing lost or half-written.
 * The bodies are made from what the operations declare.
 */
import { request as httpRequest } from "node:http";
import { beforeAll, describe, expect, it } from "vitest";
import { API_BASE_PATH, apiOperations } from "../../lib/api/app.ts";
import type { ApiOperation } from "../../lib/api/operation.ts";
import { badForAnyone, badVariants, type BadBody, type JsonObject } from "../fixtures/bad-bodies.ts";
import { sql } from "../fixtures/database.ts";
import { forEachHost, type ApiHost } from "../fixtures/hosts.ts";
import {
  createTenant,
  fillPath,
  fingerprint,
  ownAuthorization,
  ownParameter,
  type Tenant,
} from "../fixtures/isolation.ts";
import { until } from "../fixtures/processes.ts";

const OPERATIONS = apiOperations()
  .filter(({ body }) => body)
  .map((operation) => ({ name: `${operation.method} ${operation.path}`, operation }));

/** Fields that operations take beside those of their example. */
const MORE_FIELDS: Record<string, JsonObject> = {
  submitRun: { offerings: [{ name: "one" }], engine_version: "1.0" },
  createEngine: { description: "text", timeout_ms: 1000, config: { nodes: [] } },
  updateEngine: { name: "Name", description: "text" },
  searchRuns: {
    status: ["FAILED"],
    engine: "some-engine",
    version: "1.0",
    tag: "nightly",
    created_after: "2026-01-01T00:00:00Z",
  },
  createEnvironmentKey: { expires_at: "2099-01-01T00:00:00Z" },
};

/** Fields that take any JSON. */
const FREE_FIELDS: Record<string, string[]> = { submitRun: ["input"], tryEngine: ["input"] };

const good = (n: number) => JSON.stringify({ input: { n } });

function badBodies(operation: ApiOperation): BadBody[] {
  const good = { ...(operation.exampleBody as JsonObject), ...MORE_FIELDS[operation.id] };
  return [...badForAnyone(), ...badVariants(good, { free: FREE_FIELDS[operation.id] ?? [] })];
}

function send(
  host: ApiHost,
  operation: ApiOperation,
  tenant: Tenant,
  body: BodyInit,
  headers: Record<string, string> = {},
) {
  const values = Object.entries(operation.params).map(([name, resource]) => [name, ownParameter(resource, tenant)]);
  return host.fetch(API_BASE_PATH + fillPath(operation.path, Object.fromEntries(values)), {
    method: operation.method,
    headers: { "content-type": "application/json", ...ownAuthorization(operation, tenant), ...headers },
    body,
  });
}

forEachHost(["server", "mount"], (host) => {
  let tenant: Tenant;
  let neighbour: Tenant;

  beforeAll(async () => {
    tenant = await createTenant();
    neighbour = await createTenant();
  });

  describe.each(OPERATIONS)("$name", ({ operation }) => {
    let before: string;
    beforeAll(async () => {
      before = await fingerprint(tenant.organization.id);
    });

    it.each(badBodies(operation))("refuses $name", async (bad) => {
      const response = await send(host, operation, tenant, bad.body as BodyInit);
      const answer = (await response.json()) as {
        code: string;
        message: string;
        details?: { path: string; message: string }[];
      };
      expect({ status: response.status, code: answer.code, answer }).toMatchObject({
        status: bad.status,
        code: bad.code,
      });
      expect(response.headers.get("x-request-id")).toMatch(/^req_/);
      if (bad.status === 400) {
        const paths = answer.details!.map(({ path }) => path);
        const isNamed = (path: string) => path === bad.path || path.startsWith(`${bad.path}.`);
        expect(paths.length, JSON.stringify(answer)).toBeGreaterThan(0);
        if (bad.path !== undefined) expect(paths).toSatisfy((all: string[]) => all.some(isNamed));
      }
    });

    it("has changed nothing by all that", async () => {
      expect(await fingerprint(tenant.organization.id)).toBe(before);
    });
  });

  describe("submitRun", () => {
    const submit = apiOperations().find(({ id }) => id === "submitRun")!;

    it.each(badBodies(submit))(
      "a good request of another organization in one batch with $name succeeds",
      async (bad) => {
        const sent = Array.from({ length: 12 }, (_, n) => [
          send(host, submit, neighbour, good(n)),
          ...(n % 3 === 0 ? [send(host, submit, tenant, bad.body as BodyInit)] : []),
        ]).flat();
        const statuses = (await Promise.all(sent)).map(({ status }) => status);
        expect(statuses.filter((status) => status === 202)).toHaveLength(12);
        expect(statuses.filter((status) => status === bad.status)).toHaveLength(4);
      },
    );

    it("a database-side error hits only the request that causes it", async () => {
      // A slug that PostgreSQL cannot even read as text, in the middle of others' good ones.
      const bad = host.fetch(`${API_BASE_PATH}/engines/%00/runs`, {
        method: "POST",
        headers: { ...tenant.liveKey.authorization, "content-type": "application/json" },
        body: good(0),
      });
      const answers = await Promise.all([
        ...Array.from({ length: 8 }, (_, n) => send(host, submit, neighbour, good(n))),
        bad,
      ]);
      expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 8 }, () => 202), 404]);
    });

    it("takes everything that the rules of input allow, and gives it back as it came", async () => {
      const input = {
        "": "empty key",
        __proto__: null,
        constructor: { prototype: 1 },
        "emoji 😀 and \u{1f468}\u200d\u{1f469}": 'ok \uffff \u0001 \\ " / \u2028',
        numbers: [0, -0, 1e308, -1e-308, 9007199254740991, 0.1],
        deep: Array.from({ length: 60 }).reduce<unknown>((inner) => [inner], "x"),
        long: "x".repeat(500_000),
      };
      const body = JSON.stringify({ input }).replace('"constructor"', '"__proto__":{"polluted":1},"constructor"');
      const response = await send(host, submit, tenant, body);
      expect(response.status).toBe(202);
      const { run_id } = (await response.json()) as { run_id: string };
      const [row] = await sql<{ body: string }>("select body from run_payload where run_id = $1 and kind = 'input'", [
        run_id,
      ]);
      expect(JSON.parse(row!.body)).toEqual(JSON.parse(body));
    });
  });
});

describe("over a socket", () => {
  forEachHost(["server"], (host) => {
    let tenant: Tenant;
    beforeAll(async () => {
      tenant = await createTenant();
    });

    const open = async (headers: Record<string, string | number>) => {
      const base = new URL((await host.fetch("/health")).url);
      return httpRequest({
        host: base.hostname,
        port: base.port,
        method: "POST",
        path: `${API_BASE_PATH}/engines/${tenant.engine.slug}/runs`,
        headers: { "content-type": "application/json", ...tenant.liveKey.authorization, ...headers },
      });
    };

    it("a body without a length is cut off at the limit, with an answer", async () => {
      const request = await open({ "transfer-encoding": "chunked" });
      request.on("error", () => {}); // the server may close while we still write
      const status = new Promise<number>((resolve) => request.on("response", ({ statusCode }) => resolve(statusCode!)));
      const megabyte = `"${"x".repeat(1 << 20)}"`;
      const written = (async () => {
        for (let n = 0; n < 40 && !request.destroyed; n++)
          await new Promise<void>((resolve) => request.write(megabyte, () => resolve()));
      })();
      expect(await status).toBe(413);
      request.destroy();
      await written;
    });

    it("a sender that goes away in the middle leaves nothing behind and disturbs nobody", async () => {
      const before = await fingerprint(tenant.organization.id);
      const request = await open({ "content-length": 1000 });
      request.on("error", () => {});
      await new Promise<void>((resolve) => request.write('{"input":', () => resolve()));
      request.destroy();
      await until("the server to answer", async () => (await host.fetch("/health")).ok);
      expect(await fingerprint(tenant.organization.id)).toBe(before);
    });
  });
});
