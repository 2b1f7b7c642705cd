/**
 * The isolation matrix of the portal's routes, made from what the routes declare: every method × every kind of caller that must be
 * refused, against the real server and the real sign-in. A new route is in it the day it exists; where it takes a body or a new kind of
 * parameter, this file must be told one, and fails until it is.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { permissionsOf, type Role } from "../lib/auth/permissions.ts";
import { comparable, createTenant, fingerprint, SHAPELESS, traces, type Tenant } from "./fixtures/isolation.ts";
import type { TestPeople } from "./fixtures/people.ts";
import { fillRoute, pathParameters, portalMethods, type PortalMethod } from "./fixtures/portal-routes.ts";
import { BODIES, PARAMETERS } from "./fixtures/portal-samples.ts";
import { loadOrganization, startPortal, type TestPortal } from "./fixtures/portal.ts";
import { signIn } from "./fixtures/sign-in.ts";

const METHODS = await portalMethods();
const WITH_PARAMETERS = METHODS.filter(({ path }) => pathParameters(path).length > 0);
const WRITES = METHODS.filter(({ method }) => method !== "GET");
/** A new write is one unless it says otherwise: that it is the same for any environment, or that it only reads. */
const isScopedWrite = ({ method, declaration }: Pick<PortalMethod, "method" | "declaration">) =>
  method !== "GET" && declaration.environment !== "any" && declaration.environment !== "read";
const SCOPED_WRITES = WRITES.filter(isScopedWrite);
const ROLES = {
  owner: "owner",
  developer: "developer",
  finance: "finance",
  viewer: "member",
} as const satisfies Record<string, Role>;

// One for each method that the owner is seen to use, and two that are compared with each other.
let portal: TestPortal;
let people: TestPeople[];
let own: Tenant;
let foreign: { tenant: Tenant; cookie: string };
const cookies = {} as Record<keyof typeof ROLES, string>;

async function signedInTenant(who: TestPeople): Promise<{ tenant: Tenant; cookie: string }> {
  const cookie = await signIn(portal.url, who.owner);
  // the first request of a session makes the organization
  expect((await fetch(`${portal.url}/api/session`, { headers: { cookie } })).status).toBe(200);
  return { tenant: await createTenant(await loadOrganization(who.workosOrganizationId)), cookie };
}

beforeAll(async () => {
  portal = await startPortal({ organizations: METHODS.length + 2 });
  people = [...portal.people];
  const acme = people.shift()!;
  own = (await signedInTenant(acme)).tenant;
  foreign = await signedInTenant(people.shift()!);
  for (const name of Object.keys(ROLES) as (keyof typeof ROLES)[]) cookies[name] = await signIn(portal.url, acme[name]);
});

afterAll(() => portal?.stop());

type Call = {
  values?: (collection: string, path: string) => string;
  headers?: Record<string, string>;
  body?: string;
  search?: string;
};

const ownValue = (tenant: Tenant) => (collection: string, path: string) => PARAMETERS[collection]!.own(tenant, path);
const nobodysValue = (collection: string) => PARAMETERS[collection]!.nobodys();

function call(
  { name, method, path }: PortalMethod,
  {
    values = ownValue(own),
    headers = {},
    body = JSON.stringify(BODIES[name]?.(own, portal.people[0]!)),
    search = "",
  }: Call,
): Promise<Response> {
  const withBody = method !== "GET" && body !== undefined;
  return fetch(portal.url + fillRoute(path, values) + search, {
    method,
    redirect: "manual",
    headers: withBody ? { "content-type": "application/json", ...headers } : headers,
    ...(withBody ? { body } : {}),
  });
}

/** The status alone; what is left of the answer (a stream has no end) is not waited for. */
async function statusOf(response: Promise<Response>): Promise<number> {
  const { status, body } = await response;
  await body?.cancel();
  return status;
}

describe("everything is known that the matrix needs", () => {
  it("a body for every method that takes one", () => {
    const unknown = METHODS.filter(({ name, declaration }) => declaration.body && !BODIES[name]);
    expect(unknown.map(({ name }) => name)).toEqual([]);
  });
  it("a value for every parameter", () => {
    const unknown = METHODS.filter(({ path }) => pathParameters(path).some(([collection]) => !PARAMETERS[collection]));
    expect(unknown.map(({ name }) => name)).toEqual([]);
  });
  it("a declaration on every method", () => {
    expect(METHODS.length).toBeGreaterThan(8);
    expect(METHODS.filter(({ declaration }) => !declaration).map(({ name }) => name)).toEqual([]);
  });
});

describe("without a session: one 401, whatever else is sent", () => {
  it.each(METHODS)("$name", async (method) => {
    const before = await fingerprint(own.organization.id);
    const bearer = own.liveKey.authorization;
    const callers: Record<string, Record<string, string>> = {
      nothing: {},
      "a garbage cookie": { cookie: "wos-session=garbage" },
      "somebody's cookie, cut": { cookie: cookies.owner.slice(0, -8) },
      "a key instead of a cookie": bearer,
      "a key in the cookie": { cookie: `wos-session=${own.liveKey.key}` },
      "a session and a key": { cookie: cookies.owner, ...bearer },
    };
    for (const [caller, headers] of Object.entries(callers)) {
      const { status, body } = await comparable(await call(method, { headers }));
      expect({ caller, status, body: JSON.parse(body) as unknown }).toEqual({
        caller,
        status: 401,
        body: { code: "unauthorized", message: expect.any(String), request_id: "" },
      });
    }
    expect(await fingerprint(own.organization.id)).toBe(before);
  });
});

describe("a signed-in person without an organization: 403", () => {
  it.each(METHODS)("$name", async (method) => {
    const cookie = await signIn(portal.url, "nobody@acme.test");
    expect(await statusOf(call(method, { headers: { cookie } }))).toBe(403);
  });
});

describe("a role that may not: 403 and nothing changed; a role that may: neither 401 nor 403", () => {
  it.each(METHODS)("$name", async (method) => {
    const { permission } = method.declaration;
    for (const [name, role] of Object.entries(ROLES) as [keyof typeof ROLES, Role][]) {
      const may = permission === undefined || permissionsOf(role).has(permission);
      if (may) {
        // Nobody's things, so that the ones of this test stay: a role that may is told that they do not exist.
        const status = await statusOf(
          call(method, { values: nobodysValue, headers: { cookie: cookies[name] }, body: "{}" }),
        );
        expect({ role, status }).not.toEqual({
          role,
          status: expect.toSatisfy((code: number) => code === 401 || code === 403),
        });
        continue;
      }
      const before = await fingerprint(own.organization.id);
      const response = await call(method, { headers: { cookie: cookies[name] } });
      expect({ role, status: response.status, body: await response.json() }).toMatchObject({
        role,
        status: 403,
        body: { code: "forbidden", message: expect.stringContaining(permission!) },
      });
      expect(await fingerprint(own.organization.id)).toBe(before);
    }
  });
});

describe("another organization's owner sees what does not exist, byte for byte", () => {
  it.each(WITH_PARAMETERS)("$name", async (method) => {
    const before = await fingerprint(own.organization.id);
    const headers = { cookie: foreign.cookie };
    const expected = await comparable(await call(method, { values: nobodysValue, headers }));
    expect(expected.status).toBe(404);
    expect(JSON.parse(expected.body)).toEqual({ code: "not_found", message: expect.any(String), request_id: "" });
    expect(await comparable(await call(method, { headers }))).toEqual(expected);
    for (const shapeless of SHAPELESS) {
      const { status, body } = await comparable(await call(method, { values: () => shapeless, headers }));
      expect({ shapeless, status, body }).toMatchObject({
        shapeless,
        status: 404,
        body: expect.stringContaining('"not_found"'),
      });
    }
    expect(await fingerprint(own.organization.id)).toBe(before);
  });
});

describe("another organization's environment in the query is one that does not exist", () => {
  it.each(
    METHODS.filter(
      ({ method, declaration }) => declaration.environment === "read" || isScopedWrite({ method, declaration }),
    ),
  )("$name", async (method) => {
    const headers = { cookie: foreign.cookie };
    const values = ownValue(foreign.tenant);
    const expected = await comparable(await call(method, { values, headers, search: "?environment=no_such" }));
    expect(expected.status).toBe(404);
    const theirs = await call(method, { values, headers, search: `?environment=${own.environment.slug}` });
    expect(await comparable(theirs)).toEqual(expected);
    for (const shapeless of ["%00", "%F0%9F%92%A9", "x".repeat(300)])
      expect(await statusOf(call(method, { values, headers, search: `?environment=${shapeless}` }))).toBe(404);
  });
});

describe("all environments together are read-only: 409 and nothing changed", () => {
  it("holds for every write but those that are the same whatever is being looked at", () => {
    expect(SCOPED_WRITES.length).toBeGreaterThan(4);
    expect(WRITES.filter((write) => !isScopedWrite(write)).map(({ name }) => name)).toEqual([
      "POST /api/engines/[slug]/config/validate",
      "POST /api/engines/[slug]/try",
      "POST /api/environments",
      "POST /api/runs/search",
      "POST /api/session/organization",
    ]);
  });

  it.each(SCOPED_WRITES)("$name", async (method) => {
    const before = await fingerprint(own.organization.id);
    const headers = { cookie: cookies.owner };
    const response = await call(method, { headers, search: "?environment=all" });
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 409,
      body: { code: "conflict", message: expect.stringContaining("read-only") },
    });
    // It comes last: what does not exist and what is no body are refused as ever.
    if (pathParameters(method.path).length > 0) {
      const nobodys = call(method, { values: nobodysValue, headers, search: "?environment=all" });
      expect(await statusOf(nobodys)).toBe(404);
    }
    expect(await statusOf(call(method, { headers, body: '{"no":"such"}', search: "?environment=all" }))).toBe(400);
    expect(await fingerprint(own.organization.id)).toBe(before);
  });
});

describe("a write under another environment's name finds nothing: 404 and nothing changed", () => {
  // What makes something in the environment that the query names (`one`) looks for nothing there.
  const things = SCOPED_WRITES.filter(
    ({ path, declaration }) =>
      /^\/api\/(runs|api-keys|bulk-operations|webhooks)\b/.test(path) && declaration.environment !== "one",
  );
  it.each(things)("$name", async (method) => {
    const before = await fingerprint(own.organization.id);
    // What the matrix calls with stands in live, but a new key, which its body puts into the other environment.
    const search = `?environment=${method.name === "POST /api/api-keys" ? "live" : own.environment.slug}`;
    const response = await call(method, { headers: { cookie: cookies.owner }, search });
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 404,
      body: { code: "not_found" },
    });
    expect(await fingerprint(own.organization.id)).toBe(before);
  });
});

describe("a write that comes from elsewhere is refused", () => {
  it.each(WRITES)("$name", async (method) => {
    const before = await fingerprint(own.organization.id);
    const elsewhere: Record<string, string>[] = [
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ];
    for (const from of elsewhere)
      expect({ from, status: await statusOf(call(method, { headers: { cookie: cookies.owner, ...from } })) }).toEqual({
        from,
        status: 403,
      });
    // What a form of another site can send without asking.
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
      expect(
        await statusOf(call(method, { headers: { cookie: cookies.owner, "content-type": type }, body: "{}" })),
      ).toBe(400);
    expect(await fingerprint(own.organization.id)).toBe(before);
  });
});

// Without it every refusal above could be a route that refuses everybody.
describe("the owner may do it, and is told nothing of others", () => {
  it.each(METHODS)("$name", async (method) => {
    const who = people.shift()!;
    const { tenant, cookie } = await signedInTenant(who);
    const response = await call(method, {
      values: ownValue(tenant),
      headers: { cookie },
      body: JSON.stringify(BODIES[method.name]?.(tenant, who)),
    });
    const { declaration } = method;
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
    const text = isStream ? "" : await response.text();
    if (isStream) await response.body?.cancel();
    expect({ status: response.status, text }).toMatchObject({
      status: declaration.status ?? (declaration.response || isStream ? 200 : 204),
    });
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    for (const trace of traces(own)) expect(text).not.toContain(trace);
  });
});
