/**
 * The isolation matrix of the public API, made from the operations themselves: every operation × every kind of caller that must be
 * refused. A new operation is in it the day it is declared; what it needs beside its declaration, it must declare.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { API_BASE_PATH, apiOperations } from "../lib/api/app.ts";
import type { ApiOperation, ApiResource } from "../lib/api/operation.ts";
import { type AnyPermission, KEY_SCOPES, permissionsOfScopes } from "../lib/auth/permissions.ts";
import { createEngine, createEnvironment, createKey, type TestKey } from "./fixtures/factories.ts";
import { forEachHost } from "./fixtures/hosts.ts";
import {
  comparable,
  createTenant,
  fillPath,
  fingerprint,
  nobodysParameter,
  ownParameter,
  SHAPELESS,
  traces,
  type Tenant,
} from "./fixtures/isolation.ts";
import { prisma } from "../lib/db.ts";

type KeyOperation = ApiOperation & { permission: AnyPermission };

const takesKey = (operation: ApiOperation): operation is KeyOperation => operation.permission !== undefined;
const nameOf = ({ method, path }: ApiOperation) => `${method} ${path}`;
const OPERATIONS = apiOperations()
  .filter(takesKey)
  .map((operation) => ({ name: nameOf(operation), operation }));
const WITH_PARAMETERS = OPERATIONS.filter(({ operation }) => Object.keys(operation.params).length > 0);

/** What a key of another environment must not find. */
const OF_ENVIRONMENTS = new Set<ApiResource>(["environment", "run", "bulk_operation", "webhook", "delivery"]);

const TOO_LARGE = `{"name":"${"x".repeat(1_048_576)}"}`;

type Values = Record<string, string>;

const valuesOf = (operation: ApiOperation, value: (resource: ApiResource) => string): Values =>
  Object.fromEntries(Object.entries(operation.params).map(([name, resource]) => [name, value(resource)]));

/** Scopes of a key that may do everything but this operation; undefined where every key may. */
function scopesWithout(operation: KeyOperation) {
  const scopes = KEY_SCOPES.filter((scope) => !permissionsOfScopes([scope]).has(operation.permission));
  return permissionsOfScopes(scopes).has(operation.permission) ? undefined : scopes;
}

it("knows an example body for every operation that takes a body", () => {
  const without = OPERATIONS.filter(({ operation }) => operation.body && operation.exampleBody === undefined);
  expect(without.map(({ name }) => name)).toEqual([]);
});

it("knows every operation that takes no key: what they refuse stands in tests of their own", () => {
  const others = apiOperations().filter((operation) => !takesKey(operation));
  expect(others.map(nameOf)).toEqual(["POST /runs/{id}/callback"]);
});

forEachHost(["server", "mount"], (host) => {
  let own: Tenant;
  let foreign: Tenant;
  let revoked: TestKey;
  let expired: TestKey;
  let orphaned: TestKey;

  beforeAll(async () => {
    own = await createTenant();
    foreign = await createTenant();
    revoked = await createKey(own.organization.live, { revokedAt: new Date(Date.now() - 1) });
    expired = await createKey(own.organization.live, { expiresAt: new Date(Date.now() - 1) });
    const deleted = await createEnvironment(own.organization);
    orphaned = await createKey(deleted);
    await prisma().environment.update({
      where: { orgId_id: { orgId: own.organization.id, id: deleted.id } },
      data: { deletedAt: new Date() },
    });
  });

  function call(
    operation: ApiOperation,
    values: Values,
    headers: Record<string, string>,
    body: BodyInit | undefined = operation.exampleBody === undefined
      ? undefined
      : JSON.stringify(operation.exampleBody),
  ): Promise<Response> {
    const withBody = operation.method !== "GET" && body !== undefined;
    return host.fetch(API_BASE_PATH + fillPath(operation.path, values), {
      method: operation.method,
      headers: withBody ? { "content-type": "application/json", ...headers } : headers,
      ...(withBody ? { body } : {}),
    });
  }

  const ownValues = (operation: ApiOperation) => valuesOf(operation, (resource) => ownParameter(resource, own));

  describe("a caller without a working key gets one and the same 401", () => {
    const CALLERS: Record<string, () => Record<string, string>> = {
      "no key": () => ({}),
      "an empty key": () => ({ authorization: "Bearer " }),
      garbage: () => ({ authorization: "Bearer garbage" }),
      "a key of the right shape that was never minted": () => ({ authorization: `Bearer nx_live_${"0".repeat(64)}` }),
      "a working key in upper case": () => ({ authorization: `Bearer ${own.liveKey.key.toUpperCase()}` }),
      "a working key without its last digit": () => ({ authorization: `Bearer ${own.liveKey.key.slice(0, -1)}` }),
      "a working key under another scheme": () => ({ authorization: `Basic ${own.liveKey.key}` }),
      "the key's prefix": () => ({ authorization: `Bearer ${own.liveKey.prefix}` }),
      "the key's id": () => ({ authorization: `Bearer ${own.liveKey.id}` }),
      "a revoked key": () => revoked.authorization,
      "an expired key": () => expired.authorization,
      "a key of a deleted environment": () => orphaned.authorization,
      "a cookie instead of a key": () => ({ cookie: `wos-session=${own.liveKey.key}` }),
      "a key in a cookie and none in the header": () => ({ cookie: `authorization=Bearer ${own.liveKey.key}` }),
      "a key of another kind of header": () => ({ "x-api-key": own.liveKey.key }),
    };

    it.each(OPERATIONS)("$name", async ({ operation }) => {
      const before = await fingerprint(own.organization.id);
      const answers = [];
      for (const [caller, headers] of Object.entries(CALLERS))
        answers.push({ caller, ...(await comparable(await call(operation, ownValues(operation), headers()))) });
      const [first] = answers;
      expect(JSON.parse(first!.body)).toEqual({ code: "unauthorized", message: expect.any(String), request_id: "" });
      for (const answer of answers) expect(answer).toEqual({ ...first, caller: answer.caller, status: 401 });
      expect(await fingerprint(own.organization.id)).toBe(before);
    });
  });

  describe("a key without the permission gets 403", () => {
    it.each(OPERATIONS)("$name", async ({ operation }) => {
      const scopes = scopesWithout(operation);
      if (scopes === undefined) {
        expect(permissionsOfScopes([]).has(operation.permission), "every key may, by the table of scopes").toBe(true);
        return;
      }
      const weak = await createKey(own.organization.live, { scopes });
      const before = await fingerprint(own.organization.id);
      const response = await call(operation, ownValues(operation), weak.authorization);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({
        code: "forbidden",
        message: expect.stringContaining(operation.permission),
      });
      expect(await fingerprint(own.organization.id)).toBe(before);
    });
  });

  describe("a key of another environment of the organization", () => {
    it.each(OPERATIONS)("$name", async ({ operation }) => {
      const before = await fingerprint(own.organization.id);
      if (operation.liveKeyOnly) {
        const response = await call(operation, ownValues(operation), own.environmentKey.authorization);
        expect(response.status).toBe(403);
        expect(await response.json()).toMatchObject({ code: "forbidden" });
        expect(await fingerprint(own.organization.id)).toBe(before);
        return;
      }
      // What belongs to live does not exist for it; engines are the organization's.
      const ofLive = valuesOf(operation, (resource) =>
        resource === "environment" ? "live" : ownParameter(resource, own),
      );
      const response = await call(operation, ofLive, own.environmentKey.authorization);
      if (Object.values(operation.params).some((resource) => OF_ENVIRONMENTS.has(resource))) {
        const nobodys = await call(operation, valuesOf(operation, nobodysParameter), own.environmentKey.authorization);
        const expected = await comparable(nobodys);
        expect(expected.status).toBe(404);
        expect(await comparable(response)).toEqual(expected);
        expect(await fingerprint(own.organization.id)).toBe(before);
      } else {
        const text = await response.text();
        for (const trace of [own.liveRunId, own.organization.live.id, own.liveKey.id, own.liveWebhook.id])
          expect(text).not.toContain(trace);
      }
    });
  });

  describe("a key of another organization sees what does not exist, byte for byte", () => {
    it.each(WITH_PARAMETERS)("$name", async ({ operation }) => {
      const before = await fingerprint(own.organization.id);
      const response = await call(operation, ownValues(operation), foreign.liveKey.authorization);
      const nobodys = await call(operation, valuesOf(operation, nobodysParameter), foreign.liveKey.authorization);
      const expected = await comparable(nobodys);
      expect(expected.status).toBe(404);
      expect(JSON.parse(expected.body)).toEqual({ code: "not_found", message: expect.any(String), request_id: "" });
      expect(await comparable(response)).toEqual(expected);
      expect(await fingerprint(own.organization.id)).toBe(before);
    });

    it.each(OPERATIONS)("$name tells nothing of others", async ({ operation }) => {
      const tenant = await createTenant();
      const values = valuesOf(operation, (resource) => ownParameter(resource, tenant));
      const text = await (await call(operation, values, tenant.liveKey.authorization)).text();
      for (const trace of traces(own)) expect(text).not.toContain(trace);
    });
  });

  describe("what has not the shape of an id is answered as what does not exist", () => {
    it.each(WITH_PARAMETERS)("$name", async ({ operation }) => {
      const nobodys = await call(operation, valuesOf(operation, nobodysParameter), own.liveKey.authorization);
      const expected = await comparable(nobodys);
      for (const shapeless of SHAPELESS) {
        const response = await call(
          operation,
          valuesOf(operation, () => shapeless),
          own.liveKey.authorization,
        );
        expect({ shapeless, ...(await comparable(response)) }).toMatchObject({
          shapeless,
          status: 404,
          body: expect.stringContaining('"not_found"'),
        });
      }
      expect(expected.status).toBe(404);
    });
  });

  describe("refusals come in one order: 401, 403, 404, 413, 400", () => {
    const WRITES = OPERATIONS.filter(({ operation }) => operation.method !== "GET");

    it.each(WRITES)("$name", async ({ operation }) => {
      const values = ownValues(operation);
      for (const body of ["{broken", TOO_LARGE]) {
        expect((await call(operation, values, {}, body)).status).toBe(401);
        const scopes = scopesWithout(operation);
        if (scopes) {
          const weak = await createKey(own.organization.live, { scopes });
          expect((await call(operation, values, weak.authorization, body)).status).toBe(403);
        }
        if (Object.keys(values).length > 0)
          expect((await call(operation, values, foreign.liveKey.authorization, body)).status).toBe(404);
      }
      expect((await call(operation, values, own.liveKey.authorization, TOO_LARGE)).status).toBe(413);
      expect((await call(operation, values, own.liveKey.authorization, "{broken")).status).toBe(400);
    });
  });

  // Without it every refusal above could be an operation that refuses everybody.
  describe("the owner's full live key may do it", () => {
    it.each(OPERATIONS)("$name", async ({ operation }) => {
      const tenant = await createTenant();
      // What the document's examples name: every organization begins with it.
      await createEngine(tenant.organization, { slug: "loan-placement" });
      const values = valuesOf(operation, (resource) => ownParameter(resource, tenant));
      const response = await call(operation, values, tenant.liveKey.authorization);
      expect({ status: response.status, body: await response.clone().text() }).toMatchObject({
        status: operation.status,
      });
      expect(response.headers.get("x-request-id")).toMatch(/^req_/);
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
    });
  });
});
