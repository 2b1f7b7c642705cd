/** Portal routes as the running server answers them: methods that none takes, what the access log says, and the end of an organization. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sql } from "../fixtures/database.ts";
import { startPortal, type TestPortal } from "../fixtures/portal.ts";
import { fillRoute, portalMethods } from "../fixtures/portal-routes.ts";
import { until } from "../fixtures/processes.ts";
import { signIn } from "../fixtures/sign-in.ts";

const TAKEN = Map.groupBy(await portalMethods(), ({ path }) => path);
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

let portal: TestPortal;

beforeAll(async () => {
  portal = await startPortal({ env: { LOG_LEVEL: "info" } });
});
afterAll(() => portal?.stop());

const send = (path: string, init: RequestInit = {}) => fetch(portal.url + fillRoute(path, () => "x"), init);

type Line = { request_id: string; status: number; code?: string; path: string; method: string };

/** The line of the access log about the request with this answer. */
function lineOf(response: Response): Promise<Line> {
  const id = response.headers.get("x-request-id")!;
  return until(`the line of ${id}`, () => {
    const lines = portal.process.output().split("\n");
    const found = lines.find((line) => line.includes(id) && line.includes('"refused"'));
    return found === undefined ? undefined : (JSON.parse(found) as Line);
  });
}

describe.each([...TAKEN.keys()])("%s", (path) => {
  const takes = new Set(TAKEN.get(path)!.map(({ method }) => method));
  const allow = METHODS.filter((method) => takes.has(method))
    .flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]))
    .join(", ");

  test("refuses every other method in the one shape, with what it takes, whoever asks", async () => {
    for (const method of METHODS.filter((one) => !takes.has(one))) {
      const response = await send(path, { method });
      expect([method, response.status, response.headers.get("allow")]).toEqual([method, 405, allow]);
      expect(await response.json()).toEqual({
        code: "method_not_allowed",
        message: `This path takes ${allow}`,
        request_id: response.headers.get("x-request-id"),
      });
    }
    const options = await send(path, { method: "OPTIONS" });
    expect([options.status, options.headers.get("allow")]).toEqual([204, allow]);
  });
});

describe("the access log", () => {
  test("says the code of each refusal of a portal route, and nothing that was sent", async () => {
    const cookie = await signIn(portal.url, "owner@acme.test");
    const json = { "content-type": "application/json" };
    const post = (body: string, headers: Record<string, string>) =>
      fetch(`${portal.url}/api/api-keys?environment=live&secret=query`, { method: "POST", headers, body });
    const refused: [Response, number, string][] = [
      [await post("{}", json), 401, "unauthorized"],
      [await post('{"name":"payload in the body","x":1}', { ...json, cookie }), 400, "invalid_request"],
      [await send("/api/api-keys", { method: "PUT", headers: { cookie } }), 405, "method_not_allowed"],
      [await fetch(`${portal.url}/api/runs/nothing`, { headers: { cookie } }), 404, "not_found"],
    ];
    for (const [response, status, code] of refused) {
      expect(response.status).toBe(status);
      expect(await lineOf(response)).toMatchObject({ status, code });
    }
    for (const secret of ["payload in the body", "secret=query", cookie.split("=")[1]!]) {
      expect(portal.process.output()).not.toContain(secret);
    }
  });
});

describe("an organization that is deleted", () => {
  test("is left by every session with the next request", async () => {
    const [people] = portal.people;
    const cookie = await signIn(portal.url, people!.owner);
    const ask = () => fetch(`${portal.url}/api/runs`, { headers: { cookie } });
    expect((await ask()).status).toBe(200);
    await sql("update organization set deleted_at = now() where workos_organization_id = $1", [
      people!.workosOrganizationId,
    ]);
    const refused = await ask();
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([403, "forbidden"]);
  });
});
