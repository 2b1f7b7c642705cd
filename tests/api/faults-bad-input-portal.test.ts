/** Bad input, against every portal route that takes a body or a query: the same tables as for the API, through the real server and sign-in. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { badForAnyone, badVariants } from "../fixtures/bad-bodies.ts";
import { createTenant, fingerprint, type Tenant } from "../fixtures/isolation.ts";
import { fillRoute, portalMethods } from "../fixtures/portal-routes.ts";
import { BODIES, PARAMETERS } from "../fixtures/portal-samples.ts";
import { loadOrganization, startPortal, type TestPortal } from "../fixtures/portal.ts";
import { BAD_TEXTS, parameterNames } from "../fixtures/bad-parameters.ts";
import { signIn } from "../fixtures/sign-in.ts";

const ALL_METHODS = await portalMethods();
const METHODS = ALL_METHODS.filter(({ declaration }) => declaration.body);
const WITH_QUERY = ALL_METHODS.filter(({ declaration }) => declaration.query);

/** Fields that take any JSON. */
const FREE_FIELDS: Record<string, string[]> = {
  "POST /api/engines/[slug]/try": ["input"],
  "POST /api/runs": ["input"],
};

let portal: TestPortal;
let tenant: Tenant;
let cookie: string;

beforeAll(async () => {
  portal = await startPortal({ organizations: 1 });
  const [people] = portal.people;
  cookie = await signIn(portal.url, people!.owner);
  expect((await fetch(`${portal.url}/api/session`, { headers: { cookie } })).status).toBe(200);
  tenant = await createTenant(await loadOrganization(people!.workosOrganizationId));
});

afterAll(() => portal?.stop());

describe.each(METHODS)("$name", ({ name, method, path }) => {
  function send(body: Uint8Array): Promise<Response> {
    const url = portal.url + fillRoute(path, (...of) => PARAMETERS[of[0]]!.own(tenant, of[1]));
    const init: RequestInit = {
      method,
      headers: { cookie, "content-type": "application/json" },
      body: body as BodyInit,
    };
    return fetch(url, init);
  }

  it("refuses every bad body with the field's path, and changes nothing", async () => {
    const before = await fingerprint(tenant.organization.id);
    const bad = [
      ...badForAnyone(),
      ...badVariants(BODIES[name]!(tenant, portal.people[0]!), { free: FREE_FIELDS[name] ?? [] }),
    ];
    for (const { name: what, body, status, code, path: field } of bad) {
      const response = await send(body);
      const answer = (await response.json()) as { code: string; details?: { path: string }[] };
      expect({ what, status: response.status, code: answer.code }).toEqual({ what, status, code });
      if (status !== 400) continue;
      const paths = answer.details!.map((detail) => detail.path);
      expect({ what, paths }).toEqual({ what, paths: expect.arrayContaining([expect.any(String)]) });
      if (field !== undefined)
        expect(paths, what).toSatisfy((all: string[]) =>
          all.some((one) => one === field || one.startsWith(`${field}.`)),
        );
    }
    expect(await fingerprint(tenant.organization.id)).toBe(before);
  });
});

describe.each(WITH_QUERY)("the query of $name", ({ method, path, declaration }) => {
  async function ask(search: string) {
    const url = portal.url + fillRoute(path, (...of) => PARAMETERS[of[0]]!.own(tenant, of[1]));
    const response = await fetch(`${url}?${search}`, { method, headers: { cookie } });
    const answer = response.ok
      ? await response.body?.cancel()
      : ((await response.json()) as { details?: { path: string }[] });
    return { status: response.status, paths: answer?.details?.map((detail) => detail.path) ?? [] };
  }

  it.each(parameterNames(declaration.query!))("refuses what %s cannot be, by its name", async (name) => {
    for (const { what, text, isRefused } of BAD_TEXTS) {
      const answer = await ask(`${name}=${text}`);
      if (isRefused) expect({ what, ...answer }).toEqual({ what, status: 400, paths: [name] });
      else expect(answer.status, what).toBeLessThan(500);
    }
  });
});

it("a write into two environments at once is refused, and so is a read of two", async () => {
  const search = `environment=${tenant.environment.slug}&environment=all`;
  const headers = { cookie, "content-type": "application/json" };
  const before = await fingerprint(tenant.organization.id);
  for (const init of [{ method: "POST", body: '{"all":true}' }, { method: "GET" }]) {
    const response = await fetch(`${portal.url}/api/runs${init.body ? "/cancel" : ""}?${search}`, { ...init, headers });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      details: [{ path: "environment", message: "is given more than once" }],
    });
  }
  expect(await fingerprint(tenant.organization.id)).toBe(before);
});
