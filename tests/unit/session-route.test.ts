/**
 * The wrapper of portal routes: what it refuses, in which order and in which words, and what it hands to the handler. Environments are real rows;
 * the session is given, because AuthKit's cookie needs the running server (tests/e2e).
 */
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { ApiError, notFound } from "../../lib/errors.ts";
import type { Role } from "../../lib/auth/permissions.ts";
import type { Session } from "../../lib/auth/session.ts";
import { answerBudget } from "../../lib/http/json-response.ts";
import { makeSessionRoute, type PortalRoute } from "../../lib/http/session-route.ts";
import { createEnvironment, createOrganization, sessionScope, type TestOrganization } from "../fixtures/factories.ts";

const PORTAL = "http://127.0.0.1:3000";

let acme: TestOrganization;
let globex: TestOrganization;

beforeAll(async () => {
  acme = await createOrganization();
  globex = await createOrganization();
  await createEnvironment(acme, "dev");
  await createEnvironment(globex, "theirs");
});

function sessionAs(role: Role, org: TestOrganization = acme): Session {
  const user = { id: `user_${role}`, email: `${role}@example.test`, name: role };
  return { scope: sessionScope(org, role), user, role, organization: org };
}

const routeFor = (role: Role) => makeSessionRoute(() => Promise.resolve(sessionAs(role)));
const ownerRoute = routeFor("owner");

type Call = {
  method?: string;
  body?: unknown;
  rawBody?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
  search?: string;
  params?: Record<string, string>;
};

async function call(route: PortalRoute, { method = "GET", body, rawBody, headers, search = "", params }: Call = {}) {
  const sent = rawBody ?? (body === undefined ? undefined : JSON.stringify(body));
  const request = new Request(`${PORTAL}/api/things${search}`, {
    method,
    headers: {
      host: "127.0.0.1:3000",
      "x-request-id": "req_test",
      ...(sent === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
  });
  // As Next does: undefined for a path without parameters.
  const response = await route(request, { params: Promise.resolve(params) });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? undefined : (JSON.parse(text) as Record<string, unknown>),
  };
}

const Thing = z.strictObject({ name: z.string().min(1), size: z.number().optional() });
const echo = ownerRoute({ body: Thing, response: Thing, status: 201 }, ({ body }) => body);

const post = (rawBody: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>) =>
  call(echo, { method: "POST", rawBody, ...(headers ? { headers } : {}) });

const minting = (role: Role) => routeFor(role)({ permission: "api_keys:manage" }, () => undefined);
const findKnown = ({ params: { id } }: { params: { id: string } }) =>
  id === "known" ? Promise.resolve(id) : Promise.reject(notFound("Thing"));
const taken = () => Promise.reject(new ApiError("conflict", "taken"));

describe("answers", () => {
  test("what the handler gives is checked, sent with its status, never cached, and carries the request id", async () => {
    const answer = await call(echo, { method: "POST", body: { name: "x" } });
    expect([answer.status, answer.body]).toEqual([201, { name: "x" }]);
    expect(answer.headers.get("x-request-id")).toBe("req_test");
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  test("an answer that does not fit its schema is our 500, and tells nothing", async () => {
    const secretive = ownerRoute({ response: Thing }, () => ({ name: "x", secret: "s3cret" }) as { name: string });
    const answer = await call(secretive);
    expect([answer.status, answer.body?.code]).toEqual([500, "internal"]);
    expect(JSON.stringify(answer.body)).not.toContain("s3cret");
  });

  test("an unexpected error is a bare 500; an absent database is a 503 that says when to come back", async () => {
    const bug = await call(ownerRoute({}, () => Promise.reject(new TypeError("inside"))));
    expect(bug.status).toBe(500);
    expect(bug.body).toEqual({
      code: "internal",
      message: expect.not.stringContaining("inside"),
      request_id: "req_test",
    });
    const away = await call(
      ownerRoute({}, () => Promise.reject(Object.assign(new Error("connect"), { code: "ECONNREFUSED" }))),
    );
    expect([away.status, away.body?.code, away.headers.get("retry-after")]).toEqual([503, "unavailable", "1"]);
  });

  test("a stream of the handler's own is passed on", async () => {
    const route = ownerRoute(
      {},
      () => new Response('{"live":true}', { headers: { "content-type": "application/json" } }),
    );
    const answer = await call(route);
    expect([answer.body, answer.headers.get("x-request-id")]).toEqual([{ live: true }, "req_test"]);
  });

  test("without a response schema it is 204", async () => {
    expect(
      (
        await call(
          ownerRoute({}, () => undefined),
          { method: "DELETE" },
        )
      ).status,
    ).toBe(204);
  });
});

/** Whether there is room for a large answer: for one of the organization's, not for two. */
function isRoom(): boolean {
  const release = answerBudget().tryTake(acme.id, 20 << 20);
  release?.();
  return release !== undefined;
}

describe("a large answer that nobody takes", () => {
  const answering = ownerRoute({ response: Thing }, () => ({ name: "x".repeat(20 << 20) }));
  const ask = (init: RequestInit) =>
    answering(new Request(`${PORTAL}/api/things`, init), { params: Promise.resolve({}) });

  test("takes room until its reader goes, also where nobody has begun to send it", async () => {
    const gone = new AbortController();
    const response = await ask({ signal: gone.signal });
    expect([response.status, isRoom()]).toEqual([200, false]);
    gone.abort();
    expect(isRoom()).toBe(true);
  });

  test("takes none where its reader has gone before it was made, or asks for the head alone", async () => {
    for (const init of [{ signal: AbortSignal.abort() }, { method: "HEAD" }]) {
      expect((await ask(init)).body).toBeNull();
      expect(isRoom()).toBe(true);
    }
  });
});

describe("who may call", () => {
  test("nobody signed in: 401 in the public shape", async () => {
    const route = makeSessionRoute(() => Promise.reject(new ApiError("unauthorized", "Sign in first")))(
      {},
      () => undefined,
    );
    expect(await call(route)).toMatchObject({
      status: 401,
      body: { code: "unauthorized", message: "Sign in first", request_id: "req_test" },
    });
  });

  test("a bearer key is 401, whether or not a session comes with it", async () => {
    const answer = await call(echo, { headers: { authorization: "Bearer nx_live_x" } });
    expect(answer).toMatchObject({ status: 401, body: { code: "unauthorized" } });
  });

  test("a role without the permission is 403, and the permission is named", async () => {
    expect((await call(minting("owner"), { method: "POST" })).status).toBe(204);
    for (const role of ["developer", "finance", "member"] as const) {
      const answer = await call(minting(role), { method: "POST" });
      expect([answer.status, answer.body?.message]).toEqual([403, "This needs the permission api_keys:manage"]);
    }
  });

  test.each([
    [{}, 201],
    [{ origin: PORTAL }, 201],
    [{ origin: PORTAL, "sec-fetch-site": "same-origin" }, 201],
    [{ "sec-fetch-site": "none" }, 201],
    [{ origin: "https://evil.example" }, 403],
    [{ origin: "null" }, 403],
    [{ origin: "http://127.0.0.1:3001" }, 403],
    [{ origin: "http://localhost:3000" }, 403],
    [{ origin: PORTAL, "sec-fetch-site": "cross-site" }, 403],
    [{ "sec-fetch-site": "same-site" }, 403],
  ])("a write with %j is %i", async (headers, status) => {
    const answer = await call(echo, {
      method: "POST",
      body: { name: "x" },
      headers: headers as Record<string, string>,
    });
    expect(answer.status).toBe(status);
  });

  test("reading from elsewhere is left to the browser's own rules", async () => {
    const route = ownerRoute({ response: Thing }, () => ({ name: "x" }));
    expect((await call(route, { headers: { origin: "https://evil.example" } })).status).toBe(200);
  });
});

describe("bodies", () => {
  test.each([
    ["broken JSON", '{"name":', "body"],
    ["a wrong type", '{"name":1}', "name"],
    ["a missing field", "{}", "name"],
    ["an unknown field", '{"name":"x","colour":"red"}', "colour"],
    ["a NUL", String.raw`{"name":"a\u0000"}`, "name"],
    ["a lone surrogate", String.raw`{"name":"\ud800"}`, "name"],
    ["a number that is not finite", '{"name":"x","size":1e999}', "size"],
    ["20,000 levels", `{"name":${"[".repeat(20_000)}${"]".repeat(20_000)}}`, "name"],
    ["no object", "[]", "body"],
  ])("%s is a 400 that names its field", async (_what, rawBody, field) => {
    const answer = await post(rawBody);
    expect([answer.status, answer.body?.code]).toEqual([400, "invalid_request"]);
    const details = answer.body?.details as { path: string }[];
    expect(details[0]!.path.split(".")[0]).toBe(field);
  });

  test("bytes that are not UTF-8 are a 400", async () => {
    const answer = await post(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]));
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request" } });
  });

  test("more than 1 MiB is 413, announced or not; exactly 1 MiB is read", async () => {
    const frame = '{"name":""}'.length;
    const exact = `{"name":"${"x".repeat(1024 * 1024 - frame)}"}`;
    expect((await post(exact)).status).toBe(201);
    expect(await post(`${exact} `)).toMatchObject({ status: 413, body: { code: "payload_too_large" } });
    expect((await post(exact, { "content-length": "10485760" })).status).toBe(413);
  });

  test("an empty body counts as {} where nothing is required, and as a missing field where something is", async () => {
    const optional = ownerRoute({ body: z.strictObject({ name: z.string().optional() }) }, () => undefined);
    expect((await call(optional, { method: "POST" })).status).toBe(204);
    expect(await call(echo, { method: "POST" })).toMatchObject({ status: 400, body: { details: [{ path: "name" }] } });
  });

  test("a body that is not JSON by its type is a 400 that names content-type", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
      const answer = await post('{"name":"x"}', { "content-type": type });
      expect([answer.status, answer.body?.details]).toEqual([
        400,
        [{ path: "content-type", message: "must be application/json" }],
      ]);
    }
    expect((await post('{"name":"x"}', { "content-type": "application/json; charset=utf-8" })).status).toBe(201);
  });

  test("where no body is declared, {} passes and a field does not", async () => {
    const route = ownerRoute({}, () => undefined);
    expect((await call(route, { method: "DELETE", body: {} })).status).toBe(204);
    expect(await call(route, { method: "DELETE", body: { force: true } })).toMatchObject({
      status: 400,
      body: { details: [{ path: "force" }] },
    });
  });
});

describe("queries and parameters", () => {
  const Query = z.strictObject({ limit: z.coerce.number().int().max(100).default(25) });
  const listing = ownerRoute({ query: Query, response: Query }, ({ query }) => query);

  test("the query is parsed by its schema; what is wrong is named", async () => {
    expect((await call(listing, { search: "?limit=7" })).body).toEqual({ limit: 7 });
    expect((await call(listing)).body).toEqual({ limit: 25 });
    for (const [search, path] of [
      ["?limit=101", "limit"],
      ["?limit=1&limit=2", "limit"],
      ["?offset=1", "offset"],
    ]) {
      expect(await call(listing, { search: search! })).toMatchObject({ status: 400, body: { details: [{ path }] } });
    }
  });

  test("a parameter that cannot be an id is a 404", async () => {
    const route = ownerRoute({ params: z.object({ id: z.uuid() }) }, () => undefined);
    expect((await call(route, { params: { id: "../etc" } })).status).toBe(404);
  });
});

const nameOf = (scope: object) => ("environmentSlug" in scope ? String(scope.environmentSlug) : "anywhere");

describe("?environment=", () => {
  const Slug = z.strictObject({ environment: z.string() });
  const reading = ownerRoute({ environment: "read", response: Slug }, ({ environment }) => ({
    environment: environment === "all" ? "all" : environment.environmentSlug,
  }));
  const writing = ownerRoute({ response: Slug }, ({ within }) => ({ environment: nameOf(within) }));

  test.each([
    ["", "live"],
    ["?environment=", "live"],
    ["?environment=live", "live"],
    ["?environment=dev", "dev"],
    ["?environment=all", "all"],
  ])("%j reads %s", async (search, environment) => {
    expect((await call(reading, { search })).body).toEqual({ environment });
  });

  test("an unknown one and one of another organization are the same 404", async () => {
    const unknown = await call(reading, { search: "?environment=nope" });
    const foreign = await call(reading, { search: "?environment=theirs" });
    expect(unknown.status).toBe(404);
    expect(foreign.body).toEqual(unknown.body);
  });

  test.each(["POST", "PUT", "PATCH", "DELETE"])(
    "a %s that declares nothing is refused for all, and works within the one that is named",
    async (method) => {
      const write = (search: string) => call(writing, { method, search });
      expect((await write("?environment=dev")).body).toEqual({ environment: "dev" });
      expect((await write("")).body).toEqual({ environment: "anywhere" });
      expect((await write("?environment=nope")).status).toBe(404);
      expect(await write("?environment=all")).toMatchObject({ status: 409, body: { code: "conflict" } });
    },
  );

  test("a write that is declared for any is not", async () => {
    const route = ownerRoute({ environment: "any" }, () => undefined);
    for (const slug of ["all", "dev", "nope"])
      expect((await call(route, { method: "POST", search: `?environment=${slug}` })).status).toBe(204);
  });

  test("what is looked for is looked for within the one that is named", async () => {
    const route = ownerRoute(
      { find: ({ within }) => Promise.resolve(nameOf(within)), response: Slug },
      ({ found }) => ({ environment: found }),
    );
    expect((await call(route, { method: "POST", search: "?environment=dev" })).body).toEqual({ environment: "dev" });
  });
});

describe("the order of refusals", () => {
  const body = z.strictObject({ name: z.string() });
  const params = z.object({ id: z.string() });
  const declared = { permission: "api_keys:manage", params, body, find: findKnown } as const;
  const worst: Call = {
    method: "POST",
    rawBody: "{",
    headers: { authorization: "Bearer x", origin: "https://evil.example", "content-length": "2000000" },
    params: { id: "unknown" },
  };

  test("401, 403, 404, 413, 400, then what the service says", async () => {
    const asOwner = ownerRoute(declared, taken);
    const asMember = routeFor("member")(declared, taken);
    const status = async (route: PortalRoute, options: Call) => (await call(route, options)).status;

    expect(await status(asMember, worst)).toBe(401);
    const signedIn = { ...worst, headers: { "content-length": "2000000" } };
    expect(await status(asMember, signedIn)).toBe(403);
    expect(await status(asOwner, signedIn)).toBe(404);
    expect(await status(asOwner, { ...signedIn, params: { id: "known" } })).toBe(413);
    expect(await status(asOwner, { ...worst, headers: {}, params: { id: "known" } })).toBe(400);
    const forAll = { ...worst, search: "?environment=all" };
    expect(await status(asOwner, { ...forAll, headers: {} })).toBe(404);
    expect(await status(asOwner, { ...forAll, headers: {}, params: { id: "known" } })).toBe(400);
    const good: Call = { method: "POST", body: { name: "x" }, params: { id: "known" } };
    const fine = ownerRoute(declared, () => undefined);
    expect(await status(fine, good)).toBe(204);
    expect(await status(fine, { ...good, search: "?environment=all" })).toBe(409);
    expect(await status(asOwner, good)).toBe(409);
  });
});

test("a route can be asked what it declares", () => {
  const route = ownerRoute({ permission: "runs:read", response: Thing }, () => ({ name: "x" }));
  expect(route.declaration).toMatchObject({ permission: "runs:read", response: Thing });
});
