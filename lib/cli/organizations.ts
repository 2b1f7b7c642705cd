/** `nexio org …`: organizations and their limits. */
import { findOrganization, listOrganizations, setEnvironmentLimit } from "../organizations/service.ts";
import { CommandFailure } from "./failure.ts";

/** Prints every organization: id, WorkOS id, name, limit. */
export async function listAll(): Promise<void> {
  const organizations = await listOrganizations();
  for (const { id, workosOrganizationId, name, environmentLimit } of organizations) {
    console.log(`${id}  ${workosOrganizationId}  ${name}  environments ≤ ${environmentLimit}`);
  }
  if (organizations.length === 0) console.log("No organizations yet: the first sign-in of one makes it");
}

/** `<id> environments <number>` */
export async function setLimit([id, what, number, ...more]: readonly string[]): Promise<void> {
  if (!id || what !== "environments" || !/^\d{1,6}$/.test(number ?? "") || more.length > 0) {
    throw new CommandFailure("Usage: nexio org set-limit <id> environments <number>", 2);
  }
  const organization = await setEnvironmentLimit(await findOrganization(id), Number(number));
  console.log(`${organization.name} may have ${organization.environmentLimit} environments beside live`);
}
