/** The first sign-in of an organization makes it, whole, once. */
import { describe, expect, it } from "vitest";
import { verifyAuditLog } from "../../lib/audit/verify-service.ts";
import { ensureOrganization } from "../../lib/organizations/service.ts";
import { newId } from "../../lib/ids.ts";
import { sql } from "../fixtures/database.ts";

const workosId = () => `org_${newId().replaceAll("-", "")}`;

const environmentsOf = (orgId: string) =>
  sql("select slug, kind from environment where org_id = $1 order by slug", [orgId]);

const enginesOf = (orgId: string) =>
  sql<{ slug: string; type: string; version: string }>(
    `select engine.slug, engine.type, version.major || '.' || version.minor as version
     from engine
     join engine_version_head head on head.org_id = engine.org_id and head.engine_id = engine.id and head.spec = 'latest'
     join engine_version version on version.org_id = engine.org_id and version.id = head.version_id
     where engine.org_id = $1 order by engine.slug`,
    [orgId],
  );

describe("the first sign-in", () => {
  it("makes the organization with its live environment and two published example engines", async () => {
    const workosOrganizationId = workosId();
    const organization = await ensureOrganization({ workosOrganizationId, name: "Acme" });
    expect(organization).toEqual({ id: organization.id, name: "Acme", workosOrganizationId, environmentLimit: 5 });
    expect(await environmentsOf(organization.id)).toEqual([{ slug: "live", kind: "live" }]);
    expect(await enginesOf(organization.id)).toEqual([
      { slug: "company-check", type: "entity_analysis", version: "1.0" },
      { slug: "loan-placement", type: "placement", version: "1.0" },
    ]);
    expect(await verifyAuditLog(organization.id)).toEqual({ intact: true, events: 1, erased: 0 });
  });

  it("makes it once, however many sign in at the same moment, and all see it whole", async () => {
    const workosOrganizationId = workosId();
    const answers = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const organization = await ensureOrganization({ workosOrganizationId, name: "Globex" });
        return { id: organization.id, engines: (await enginesOf(organization.id)).length };
      }),
    );
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.every(({ engines }) => engines === 2)).toBe(true);
    expect(
      await sql("select 1 from organization where workos_organization_id = $1", [workosOrganizationId]),
    ).toHaveLength(1);
    expect(await environmentsOf(answers[0]!.id)).toHaveLength(1);
  });
});

describe("a later sign-in", () => {
  it("finds the organization, and takes over its new name", async () => {
    const workosOrganizationId = workosId();
    const first = await ensureOrganization({ workosOrganizationId, name: "Acme" });
    expect(await ensureOrganization({ workosOrganizationId, name: "Acme Inc" })).toEqual({
      ...first,
      name: "Acme Inc",
    });
    expect(await sql("select name from organization where id = $1", [first.id])).toEqual([{ name: "Acme Inc" }]);
  });

  it("is refused once the organization was deleted", async () => {
    const workosOrganizationId = workosId();
    const { id } = await ensureOrganization({ workosOrganizationId, name: "Acme" });
    await sql("update organization set deleted_at = now() where id = $1", [id]);
    await expect(ensureOrganization({ workosOrganizationId, name: "Acme" })).rejects.toMatchObject({
      code: "forbidden",
    });
  });
});

describe("the audit log", () => {
  it("tells a changed body, a changed hash, a missing event and a missing end", async () => {
    const spoil: [string, RegExp][] = [
      ["update audit_event set body = replace(body, 'first', 'third') where org_id = $1", /body was changed/],
      ["update audit_event set body_hash = sha256('x') where org_id = $1", /does not follow/],
      ["delete from audit_event where org_id = $1", /end of the log is missing/],
      ["update audit_event set seq = 2 where org_id = $1", /end of the log is missing/],
      ["delete from audit_chain where org_id = $1", /goes on beyond its recorded end/],
    ];
    for (const [statement, problem] of spoil) {
      const { id } = await ensureOrganization({ workosOrganizationId: workosId(), name: "Acme" });
      await sql(statement, [id]);
      expect(await verifyAuditLog(id)).toEqual({ intact: false, seq: 1n, problem: expect.stringMatching(problem) });
    }
  });

  it("stays intact when retention erases a body", async () => {
    const { id } = await ensureOrganization({ workosOrganizationId: workosId(), name: "Acme" });
    await sql("update audit_event set body = null, salt = null where org_id = $1", [id]);
    expect(await verifyAuditLog(id)).toEqual({ intact: true, events: 1, erased: 1 });
  });
});
