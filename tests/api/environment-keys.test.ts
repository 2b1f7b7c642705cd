/** Keys made by keys, and which keys the API takes at all. */
import { beforeEach, describe, expect, it } from "vitest";
import { hashKey, hasValidChecksum } from "../../lib/api-keys/key-format.ts";
import { KEY_SCOPES } from "../../lib/auth/permissions.ts";
import { callApi, expectRefusal } from "../fixtures/api-client.ts";
import { sql } from "../fixtures/database.ts";
import {
  createEnvironment,
  createKey,
  createOrganization,
  type TestEnvironment,
  type TestKey,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { forEachHost } from "../fixtures/hosts.ts";

forEachHost(["mount", "server"], (host) => {
  let organization: TestOrganization;
  let dev: TestEnvironment;
  let live: TestKey;

  beforeEach(async () => {
    organization = await createOrganization();
    dev = await createEnvironment(organization, "dev");
    live = await createKey(organization.live);
  });

  const call = (method: string, path: string, body?: unknown, key: string = live.key) =>
    callApi(host, key, method, path, body);
  const mint = (slug: string, body: unknown, key?: string) => call("POST", `/environments/${slug}/keys`, body, key);
  const works = async (key: string) => (await call("GET", "/environments", undefined, key)).status;

  describe("a key made by a key", () => {
    it("is answered once and whole, kept as a hash, and works", async () => {
      const { status, body } = await mint("dev", { name: "  Dev integration " });
      expect(status).toBe(201);
      expect(Object.keys(body)).toEqual(["id", "name", "environment", "key_prefix", "key", "created_at"]);
      expect(body).toMatchObject({ name: "Dev integration", environment: "dev" });
      expect(body.key).toMatch(/^nx_dev_[0-9a-f]{64}$/);
      expect(body.key_prefix).toBe(body.key.slice(0, "nx_dev_".length + 4));
      expect(hasValidChecksum(body.key)).toBe(true);
      const own = await call("GET", "/environments", undefined, body.key);
      expect(own.body.data.map(({ slug }: { slug: string }) => slug)).toEqual(["dev"]);

      const [row] = await sql("select * from api_key where id = $1", [body.id]);
      expect(Buffer.from(row!.hash as Buffer)).toEqual(Buffer.from(hashKey(body.key)));
      expect(row).toMatchObject({ created_by_id: `key:${live.id}`, expires_at: null, scopes: [...KEY_SCOPES] });
      expect(JSON.stringify(row)).not.toContain(body.key.slice(-60));
      const [event] = await sql<{ body: string }>("select body from audit_event where org_id = $1", [organization.id]);
      expect(event!.body).not.toContain(body.key.slice(-60));
      expect(JSON.parse(event!.body)).toMatchObject({
        action: "api_key.create",
        actor: { type: "key", id: live.id },
        target: { type: "api_key", id: body.id },
      });
    });

    it("has the scopes and the expiry that were asked for", async () => {
      const expiry = new Date(Date.now() + 3_600_000).toISOString();
      const { body } = await mint("dev", {
        name: "reader",
        scopes: ["runs:read", "usage:read", "runs:read"],
        expires_at: expiry,
      });
      const [row] = await sql("select scopes, expires_at from api_key where id = $1", [body.id]);
      expect(row).toEqual({ scopes: ["runs:read", "usage:read"], expires_at: new Date(expiry) });
    });

    it("never has more scopes than its maker, asked or not", async () => {
      const weak = await createKey(organization.live, { scopes: ["api_keys:manage", "runs:read"] });
      const refused = await mint("dev", { name: "x", scopes: ["runs:read", "runs:write"] }, weak.key);
      expectRefusal(refused, 403, "forbidden");
      expect(refused.body.message).toContain("runs:write");
      const { body } = await mint("dev", { name: "x" }, weak.key);
      const [row] = await sql<{ scopes: string[] }>("select scopes from api_key where id = $1", [body.id]);
      expect(row!.scopes.toSorted()).toEqual(["api_keys:manage", "runs:read"]);
    });
  });

  describe("refusals", () => {
    it("live is 403, the legacy test 409 whether it exists or not, an unknown or deleted environment 404", async () => {
      expectRefusal(await mint("live", { name: "x" }), 403, "forbidden");
      expectRefusal(await mint("test", { name: "x" }), 409, "environment_protected");
      await createEnvironment(organization, "test");
      expectRefusal(await mint("test", { name: "x" }), 409, "environment_protected");
      expectRefusal(await mint("nope", { name: "x" }), 404, "not_found");
      await call("DELETE", "/environments/dev");
      expectRefusal(await mint("dev", { name: "x" }), 404, "not_found");
      expect(await sql("select 1 from api_key where org_id = $1", [organization.id])).toHaveLength(1);
    });

    it("come in the order 403, 404, 413, 400, 409", async () => {
      const weak = await createKey(organization.live, { scopes: ["runs:read"] });
      const own = await createKey(dev);
      const huge = `{"name":"${"x".repeat(1024 * 1024)}"}`;
      expectRefusal(await mint("nope", huge, weak.key), 403, "forbidden");
      expectRefusal(await mint("dev", huge, own.key), 403, "forbidden");
      expectRefusal(await mint("live", huge), 403, "forbidden");
      expectRefusal(await mint("nope", huge), 404, "not_found");
      expectRefusal(await mint("dev", huge), 413, "payload_too_large");
      expectRefusal(await mint("test", huge), 413, "payload_too_large");
      expectRefusal(await mint("test", {}), 400, "invalid_request", ["name"]);
    });

    it.each<[unknown, string]>([
      [{}, "name"],
      [{ name: "" }, "name"],
      [{ name: "   " }, "name"],
      [{ name: "x".repeat(81) }, "name"],
      [{ name: "a\nb" }, "name"],
      [{ name: "a\u0007b" }, "name"],
      [{ name: 7 }, "name"],
      [{ name: "x", scopes: [] }, "scopes"],
      [{ name: "x", scopes: ["billing:manage"] }, "scopes.0"],
      [{ name: "x", scopes: "runs:read" }, "scopes"],
      [{ name: "x", expires_at: "tomorrow" }, "expires_at"],
      [{ name: "x", expires_at: "2020-01-01T00:00:00Z" }, "expires_at"],
      [{ name: "x", expires_at: 4102444800 }, "expires_at"],
      [{ name: "x", expires_at: "9999-12-31T23:59:59-23:59" }, "expires_at"],
      [{ name: "x", environment_slug: "live" }, "environment_slug"],
      ['{"name":"\\ud800"}', "name"],
    ])("%j is a 400 that names the field", async (body, path) => {
      expectRefusal(await mint("dev", body), 400, "invalid_request", [path]);
    });

    it("takes a name of 80 characters, however many bytes they are", async () => {
      expect((await mint("dev", { name: "🔑".repeat(80) })).status).toBe(201);
      expectRefusal(await mint("dev", { name: "🔑".repeat(81) }), 400, "invalid_request", ["name"]);
    });
  });

  describe("which keys work", () => {
    it("a key works until the moment it is revoked or has expired, and not once after", async () => {
      const key = await createKey(dev);
      expect(await works(key.key)).toBe(200);
      await sql("update api_key set revoked_at = now() where id = $1", [key.id]);
      expect(await works(key.key)).toBe(401);
      await sql("update api_key set revoked_at = null, expires_at = now() + interval '1 hour' where id = $1", [key.id]);
      expect(await works(key.key)).toBe(200);
      await sql("update api_key set expires_at = now() where id = $1", [key.id]);
      expect(await works(key.key)).toBe(401);
    });

    it("a key dies with its organization", async () => {
      expect(await works(live.key)).toBe(200);
      await sql("update organization set deleted_at = now() where id = $1", [organization.id]);
      expect(await works(live.key)).toBe(401);
    });

    it("an imported key without a checksum works: the hash decides, not the shape", async () => {
      const key = `nx_live_${organization.id.replaceAll("-", "").repeat(2)}`;
      await sql("update api_key set hash = $2 where id = $1", [live.id, hashKey(key)]);
      expect(hasValidChecksum(key)).toBe(false);
      expect(await works(key)).toBe(200);
      expect(await works(live.key)).toBe(401);
    });

    it("the scheme may be written in any case, and a cookie beside a key does not matter", async () => {
      const response = await host.fetch("/api/v1/environments", {
        headers: { authorization: `bEaReR ${live.key}`, cookie: "theme=dark" },
      });
      expect(response.status).toBe(200);
    });

    it("a 401 says how to do it right and nothing about why", async () => {
      const revoked = await createKey(dev, { revokedAt: new Date() });
      const answer = await call("GET", "/environments", undefined, revoked.key);
      expectRefusal(answer, 401, "unauthorized");
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
      expect(answer.body.message).not.toMatch(/revoked|expired/);
    });
  });

  it("a key minted while its environment is deleted is revoked or was never made", async () => {
    for (let round = 0; round < 5; round++) {
      const slug = `race_${round}`;
      await createEnvironment(organization, slug);
      const [deleted, ...minted] = await Promise.all([
        call("DELETE", `/environments/${slug}`),
        ...Array.from({ length: 4 }, () => mint(slug, { name: "x" })),
      ]);
      expect(deleted.status).toBe(204);
      for (const { status, body } of minted) {
        if (status === 201) expect(await works(body.key)).toBe(401);
        else expect(status).toBe(404);
      }
    }
  });
});
