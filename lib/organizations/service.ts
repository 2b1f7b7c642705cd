/** Organizations: made by their first sign-in, with the live environment and the example engines; their limits. */
import * as audit from "../audit/service.ts";
import type { RequestContext, SystemPrincipal } from "../auth/principal.ts";
import { prisma, type Tx } from "../db.ts";
import { exampleEngines } from "../engines/examples/engines.ts";
import { insertEngine, insertVersion } from "../engines/store.ts";
import { env } from "../env.ts";
import { ApiError, notFound } from "../errors.ts";
import type { OrganizationModel } from "../generated/prisma/models.ts";
import { isId, newId, newRequestId } from "../ids.ts";

export type Organization = { id: string; name: string; workosOrganizationId: string; environmentLimit: number };

type Actor = { orgId: string; principal: SystemPrincipal; request: RequestContext };

function toOrganization(row: OrganizationModel): Organization {
  const { id, name, workosOrganizationId, environmentLimit } = row;
  return { id, name, workosOrganizationId, environmentLimit };
}

/** The program acting by itself: the command line, or a sign-in before there is anybody to act for. */
function actor(orgId: string, name: string): Actor {
  return {
    orgId,
    principal: { kind: "system", name },
    request: { requestId: newRequestId(), ip: null, userAgent: null },
  };
}

/**
 * The organization of a WorkOS organization; made if it is new, whole or not at all. However many sign in first at once, one makes it and
 * the others wait and find it. One query where it exists; its name follows WorkOS's. Throws 403 for a deleted one.
 */
export async function ensureOrganization(input: { workosOrganizationId: string; name: string }): Promise<Organization> {
  const { workosOrganizationId, name } = input;
  const known = await prisma().organization.findUnique({ where: { workosOrganizationId } });
  const row = known ?? (await prisma().$transaction((tx) => makeOrganization(tx, workosOrganizationId, name)));
  if (row.deletedAt) throw new ApiError("forbidden", "This organization has been deleted");
  if (row.name === name) return toOrganization(row);
  return toOrganization(await prisma().organization.update({ where: { id: row.id }, data: { name } }));
}

async function makeOrganization(tx: Tx, workosOrganizationId: string, name: string): Promise<OrganizationModel> {
  const id = newId();
  // Waits for another transaction that inserts the same one, and then inserts nothing.
  const inserted = await tx.$executeRaw`
    insert into organization (id, workos_organization_id, name) values (${id}::uuid, ${workosOrganizationId}, ${name})
    on conflict (workos_organization_id) do nothing`;
  if (inserted === 1) {
    await tx.environment.create({ data: { orgId: id, id: newId(), slug: "live", kind: "live" } });
    if (env.NEXIO_EXAMPLES === "on") await makeExampleEngines(tx, id);
    await audit.record(tx, actor(id, "first sign-in"), {
      action: "organization.create",
      target: { type: "organization", id, label: name },
    });
  }
  return tx.organization.findUniqueOrThrow({ where: { workosOrganizationId } });
}

async function makeExampleEngines(tx: Tx, orgId: string): Promise<void> {
  for (const { config, ...example } of exampleEngines) {
    const engine = await insertEngine(tx, orgId, { ...example, config });
    if (!engine) throw new Error(`two example engines are called ${example.slug}`);
    await insertVersion(tx, orgId, engine.id, {
      config,
      changelog: "The example as it comes with Nexio",
      publishedById: "nexio",
      publishedBy: "Nexio",
    });
  }
}

/** An organization by its own id or its WorkOS id, for operators. Throws 404. */
export async function findOrganization(idOrWorkosId: string): Promise<Organization> {
  const row = await prisma().organization.findFirst({
    where: {
      deletedAt: null,
      OR: [{ workosOrganizationId: idOrWorkosId }, ...(isId(idOrWorkosId) ? [{ id: idOrWorkosId }] : [])],
    },
  });
  if (!row) throw notFound("Organization");
  return toOrganization(row);
}

/** All organizations by name, for operators. */
export async function listOrganizations(): Promise<Organization[]> {
  return (await prisma().organization.findMany({ where: { deletedAt: null }, orderBy: { name: "asc" } })).map(
    toOrganization,
  );
}

/**
 * Sets for how many days an organization's payloads are kept, where that is less than the operator's policy says; null: as long as it says.
 * What is beyond goes within minutes, or hours where it is much.
 */
export async function setPayloadRetention(organization: Organization, days: number | null): Promise<void> {
  await prisma().$transaction(async (tx) => {
    const row = await tx.organization.update({
      where: { id: organization.id },
      data: { payloadRetentionDays: days },
    });
    await audit.record(tx, actor(row.id, "command line"), {
      action: "organization.set_retention",
      target: { type: "organization", id: row.id, label: row.name },
      details: { payload_days: days },
    });
  });
}

/** Sets how many environments beside live and test an organization may have. What exists above a lower limit stays. */
export async function setEnvironmentLimit(organization: Organization, limit: number): Promise<Organization> {
  return prisma().$transaction(async (tx) => {
    const row = await tx.organization.update({ where: { id: organization.id }, data: { environmentLimit: limit } });
    await audit.record(tx, actor(row.id, "command line"), {
      action: "organization.set_limit",
      target: { type: "organization", id: row.id, label: row.name },
      details: { limit: "environments", value: limit },
    });
    return toOrganization(row);
  });
}
