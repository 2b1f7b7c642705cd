/** `nexio org …`: organizations and their limits. */
import { listOrganizations } from "../organizations/service.ts";

/** Prints every organization: id, WorkOS id, name, limit. */
export async function listAll(): Promise<void> {
  const organizations = await listOrganizations();
  for (const { id, workosOrganizationId, name, environmentLimit } of organizations) {
    console.log(`${id}  ${workosOrganizationId}  ${name}  environments ≤ ${environmentLimit}`);
  }
  if (organizations.length === 0) console.log("No organizations yet: the first sign-in of one makes it");
}
