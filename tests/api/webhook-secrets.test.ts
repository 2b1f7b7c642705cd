/** Signing secrets of webhook endpoints through the public API: replaced, kept for a while, never told again. */
import { beforeEach, expect, it } from "vitest";
import { pool, prisma } from "../../lib/db.ts";
import { validSecrets } from "../../lib/webhooks/secret-store.ts";
import { callApi, expectRefusal } from "../fixtures/api-client.ts";
import {
  createEnvironment,
  createKey,
  createOrganization,
  type TestKey,
  type TestOrganization,
} from "../fixtures/factories.ts";
import { forEachHost } from "../fixtures/hosts.ts";
import { auditedActions, rowsNearSecrets } from "../fixtures/webhooks.ts";

const SECRET = /^whsec_[A-Za-z0-9+/]{43}=$/;

forEachHost(["mount", "server"], (host) => {
  let organization: TestOrganization;
  let key: TestKey;

  beforeEach(async () => {
    organization = await createOrganization();
    key = await createKey(await createEnvironment(organization));
  });

  const call = (method: string, path: string, body?: unknown) =>
    callApi(host, key.key, method, `/webhooks${path}`, body);
  const create = () => call("POST", "", { url: "https://hooks.example.com/nexio" });
  const actions = () => auditedActions(organization.id);
  const secretsNow = (id: string) => validSecrets(pool(), organization.id, id);

  it("is replaced: the old one signs for another 24 hours, or ends now", async () => {
    const { id, secret: first } = (await create()).body;
    const rotated = await call("POST", `/${id}/rotate-secret`, { keep_old: "24h" });
    expect(rotated).toMatchObject({ status: 200, body: { secret: expect.stringMatching(SECRET) } });
    const keptMs = Date.parse(rotated.body.old_secret_expires_at) - Date.now();
    expect(Math.abs(keptMs - 86_400_000)).toBeLessThan(60_000);
    expect(await secretsNow(id)).toEqual([rotated.body.secret, first]);
    const { old_secret_expires_at: expires_at } = rotated.body;
    const [old] = (await call("GET", `/${id}`)).body.old_secrets;
    expect(old).toEqual({ created_at: expect.any(String), expires_at });
    await prisma().webhookSecret.updateMany({
      where: { endpointId: id, expiresAt: { not: null } },
      data: { expiresAt: new Date(Date.now() - 1) },
    });
    expect(await secretsNow(id)).toEqual([rotated.body.secret]);
    expect((await call("GET", `/${id}`)).body).not.toHaveProperty("old_secrets");

    const last = await call("POST", `/${id}/rotate-secret`, { keep_old: "now" });
    expect(last.body.old_secret_expires_at).toBeNull();
    expect(await secretsNow(id)).toEqual([last.body.secret]);
    expect(await rowsNearSecrets(organization.id)).not.toContain(last.body.secret);
    expect(await actions()).toEqual(["webhook.create", "webhook.rotate_secret", "webhook.rotate_secret"]);
  });

  it("is replaced by many at once, one after another, until as many old ones are valid as can be kept", async () => {
    const { id, secret: first } = (await create()).body;
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => call("POST", `/${id}/rotate-secret`, { keep_old: "24h" })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 409, 409, 409, 409]);
    const valid = await secretsNow(id);
    const made = answers.filter(({ status }) => status === 200).map(({ body }) => body.secret);
    expect(new Set(valid)).toEqual(new Set([first, ...made]));

    const refused = await call("POST", `/${id}/rotate-secret`, { keep_old: "24h" });
    expectRefusal(refused, 409, "conflict");
    expect(refused.body.message).toContain('keep_old "now"');
    expect(await secretsNow(id)).toEqual(valid);
    expect(await actions()).toHaveLength(5);

    const [oldest] = await prisma().webhookSecret.findMany({ where: { endpointId: id }, orderBy: { id: "asc" } });
    await prisma().webhookSecret.update({
      where: { orgId_endpointId_id: { orgId: oldest!.orgId, endpointId: id, id: oldest!.id } },
      data: { expiresAt: new Date(Date.now() - 1) },
    });
    const next = await call("POST", `/${id}/rotate-secret`, { keep_old: "24h" });
    expect(await secretsNow(id)).toEqual([next.body.secret, ...valid.slice(0, -1)]);
    const last = await call("POST", `/${id}/rotate-secret`, { keep_old: "now" });
    expect(await secretsNow(id)).toEqual([last.body.secret]);
  });

  it.each([{}, { keep_old: "1h" }, { keep_old: "now", more: 1 }])("refuses the rotation %j", async (body) => {
    const { id } = (await create()).body;
    expectRefusal(await call("POST", `/${id}/rotate-secret`, body), 400, "invalid_request");
  });
});
