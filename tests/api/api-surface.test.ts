/** What holds for every path of the public API, and its published description. */
import { beforeAll, describe, expect, it } from "vitest";
import { API_BASE_PATH, apiOperations } from "../../lib/api/app.ts";
import { ERROR_STATUS } from "../../lib/errors.ts";
import { callApi, expectRefusal } from "../fixtures/api-client.ts";
import { createKey, createOrganization, type TestKey } from "../fixtures/factories.ts";
import { forEachHost } from "../fixtures/hosts.ts";

// The document is plain JSON: tests look into it by name.
// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;

const byId = (a: { id: string }, b: { id: string }) => a.id.localeCompare(b.id);

function references(value: Json): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => (name === "$ref" ? [inner as string] : references(inner)));
}

forEachHost(["mount", "server"], (host) => {
  let key: TestKey;

  beforeAll(async () => {
    key = await createKey((await createOrganization()).live);
  });

  it.each(["/nope", "/environments/", "/environments/dev/nope", "/", "", "//environments", "/ENVIRONMENTS"])(
    "answers %j, where nothing is, as not_found in the shape of all refusals",
    async (path) => expectRefusal(await callApi(host, key.key, "GET", path), 404, "not_found"),
  );

  it.each([
    ["DELETE", "/environments", "GET, HEAD, POST"],
    ["POST", "/environments/dev", "GET, HEAD, PATCH, DELETE"],
    ["OPTIONS", "/environments", "GET, HEAD, POST"],
    ["PUT", "/runs", "GET, HEAD"],
    ["PUT", "/runs/search", "POST"],
  ])("answers %s %s with 405 and what the path takes", async (method, path, allow) => {
    const answer = await callApi(host, key.key, method, path);
    expectRefusal(answer, 405, "method_not_allowed");
    expect(answer.headers.get("allow")).toBe(allow);
  });

  it("answers HEAD as GET, without the body", async () => {
    const response = await host.fetch(`${API_BASE_PATH}/environments`, { method: "HEAD", headers: key.authorization });
    expect({ status: response.status, text: await response.text() }).toEqual({ status: 200, text: "" });
  });

  it("sends no CORS header to any origin, a request id of its own, and nothing that may be kept", async () => {
    const response = await host.fetch(`${API_BASE_PATH}/environments`, {
      headers: { ...key.authorization, origin: "https://example.com", "x-request-id": "mine" },
    });
    expect([...response.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect(response.headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{24}$/);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const preflight = await host.fetch(`${API_BASE_PATH}/environments`, {
      method: "OPTIONS",
      headers: { origin: "https://example.com", "access-control-request-method": "POST" },
    });
    expect([...preflight.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  describe("the OpenAPI document", () => {
    let document: Json;

    beforeAll(async () => {
      const response = await host.fetch(`${API_BASE_PATH}/openapi.json`);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toContain("application/json");
      document = await response.json();
    });

    it("is called Nexio API, is OpenAPI 3.1, and takes a bearer key", () => {
      expect(document.openapi).toMatch(/^3\.1\./);
      expect(document.info.title).toBe("Nexio API");
      expect(document.components.securitySchemes.bearer).toMatchObject({ type: "http", scheme: "bearer" });
    });

    it("lists exactly the operations that are mounted, with their permissions", () => {
      const described = Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
        Object.entries<Json>(methods).map(([method, operation]) => ({
          method: method.toUpperCase(),
          path,
          id: operation.operationId,
          permission: operation["x-permission"],
          liveKeyOnly: operation["x-live-key-only"],
        })),
      );
      const mounted = apiOperations().map((operation) => ({
        method: operation.method,
        path: API_BASE_PATH + operation.path,
        id: operation.id,
        permission: operation.permission,
        liveKeyOnly: operation.liveKeyOnly ?? false,
      }));
      expect(described.sort(byId)).toEqual(mounted.sort(byId));
      expect(new Set(mounted.map(({ id }) => id)).size).toBe(mounted.length);
    });

    it("points only to what it has, and describes every path parameter", () => {
      for (const reference of references(document)) {
        const found = reference
          .slice(2)
          .split("/")
          .reduce((value: Json, name) => value?.[name], document);
        expect(found, reference).toBeDefined();
      }
      for (const [path, methods] of Object.entries<Json>(document.paths)) {
        const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
        for (const operation of Object.values<Json>(methods)) {
          const described = (operation.parameters ?? []).filter((parameter: Json) => parameter.in === "path");
          expect(described.map((parameter: Json) => parameter.name)).toEqual(names);
          for (const parameter of described) expect(parameter.required).toBe(true);
        }
      }
    });

    it("says what an answer that may be null, a list in a query and a text of limited length really are", () => {
      const { schemas } = document.components;
      // a reference to an object and null at once can be met by nothing
      expect(JSON.stringify(document)).not.toContain('"allOf"');
      const nullable = schemas.EngineDraft.properties.config.anyOf;
      expect(nullable).toEqual([{ $ref: "#/components/schemas/EngineConfig" }, { type: "null" }]);
      const list = document.paths[`${API_BASE_PATH}/runs`].get.parameters;
      expect(list.find((parameter: Json) => parameter.name === "status")).toMatchObject({ explode: false });
      expect(schemas.CreateEnvironmentKey.properties.name).toMatchObject({ type: "string", maxLength: 80 });
    });

    it("names for every operation the refusals that any can answer, by the closed table of codes", () => {
      expect(document.components.schemas.Error.properties.code.enum).toEqual(Object.keys(ERROR_STATUS));
      for (const methods of Object.values<Json>(document.paths)) {
        for (const operation of Object.values<Json>(methods)) {
          expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(["401", "403", "500", "503"]));
        }
      }
    });

    it("names the header of a repeated answer, and what a method that a path has not is answered with", async () => {
      const { headers } = document.paths[`${API_BASE_PATH}/engines/{slug}/runs`].post.responses["202"];
      expect(Object.keys(headers)).toContain("Idempotent-Replayed");
      expect(document.info.description).toContain("405 `method_not_allowed`");
      const wrong = await host.fetch(`${API_BASE_PATH}/runs`, { method: "DELETE" });
      expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    });

    it("says which fields a body must have, and that it may have no others", () => {
      const schema = document.components.schemas.CreateEnvironment;
      expect(schema).toMatchObject({ type: "object", required: ["slug"], additionalProperties: false });
      const submit = document.paths[`${API_BASE_PATH}/engines/{slug}/runs`].post;
      expect(submit.requestBody.required).toBe(true);
      expect(document.components.schemas.SubmitRun.required).toContain("input");
    });
  });
});
