/** Parameters of queries, of every operation that takes any: what cannot be one is refused by its name, and nothing is taken for something else. */
import { beforeAll, describe, expect, it } from "vitest";
import { API_BASE_PATH, apiOperations } from "../../lib/api/app.ts";
import { BAD_TEXTS, parameterNames } from "../fixtures/bad-parameters.ts";
import { forEachHost } from "../fixtures/hosts.ts";
import { createTenant, fillPath, ownParameter, type Tenant } from "../fixtures/isolation.ts";

const PARAMETERS = apiOperations().flatMap((operation) =>
  operation.query ? parameterNames(operation.query).map((name) => ({ name, operation, id: operation.id })) : [],
);
const LISTS = PARAMETERS.filter(({ name }) => name === "limit");

forEachHost(["server", "mount"], (host) => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await createTenant();
  });

  async function ask({ operation }: (typeof PARAMETERS)[number], search: string) {
    const values = Object.entries(operation.params).map(([name, resource]) => [name, ownParameter(resource, tenant)]);
    const path = API_BASE_PATH + fillPath(operation.path, Object.fromEntries(values) as Record<string, string>);
    const response = await host.fetch(`${path}?${search}`, {
      method: operation.method,
      headers: tenant.liveKey.authorization,
    });
    const answer = (await response.json()) as { details?: { path: string; message: string }[] };
    return { status: response.status, details: answer.details ?? [] };
  }

  it.each(PARAMETERS)("$name of $id", async (parameter) => {
    for (const { what, text, isRefused } of BAD_TEXTS) {
      const { status, details } = await ask(parameter, `${parameter.name}=${text}`);
      if (isRefused) {
        expect({ what, status, paths: details.map(({ path }) => path) }).toEqual({
          what,
          status: 400,
          paths: [parameter.name],
        });
      } else expect(status, what).toBeLessThan(500);
    }
  });

  it.each(PARAMETERS)("an unknown name beside $name of $id", async (parameter) => {
    expect(await ask(parameter, "nothing=1")).toEqual({
      status: 400,
      details: [{ path: "nothing", message: "unknown field" }],
    });
    expect((await ask(parameter, "a%00b=1")).status).toBe(400);
  });

  describe.each(LISTS)("limit of $id", (parameter) => {
    it.each(["1e1", "0x10", "%205", "5%20", "+5", "-5", "5.0", "0", "101", "", "ten", "5&limit=5"])(
      "%s",
      async (text) => {
        expect(await ask(parameter, `limit=${text}`)).toMatchObject({
          status: 400,
          details: [{ path: "limit", message: "must be a whole number from 1 to 100" }],
        });
      },
    );

    it.each(["1", "100", "007"])("%s", async (text) => {
      expect((await ask(parameter, `limit=${text}`)).status).toBe(200);
    });
  });

  it("a text that is given more than once is refused as that", async () => {
    const list = PARAMETERS.find(({ id, name }) => id === "listRuns" && name === "engine")!;
    expect(await ask(list, "engine=a&engine=b")).toEqual({
      status: 400,
      details: [{ path: "engine", message: "is given more than once" }],
    });
  });
});
