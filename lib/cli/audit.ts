/** `nexio audit verify`: checks the audit log's hash chains. */
import { verifyAuditLog } from "../audit/verify-service.ts";
import { findOrganization, listOrganizations } from "../organizations/service.ts";
import { CommandFailure } from "./failure.ts";

/** Prints a line an organization. Throws when one log is not intact, after all were looked at. */
export async function verifyAuditLogs(id: string | undefined): Promise<void> {
  const organizations = id === undefined ? await listOrganizations() : [await findOrganization(id)];
  let broken = 0;
  for (const { id: orgId, name } of organizations) {
    const verdict = await verifyAuditLog(orgId);
    if (verdict.intact) {
      console.log(
        `${name}: ${verdict.events} events, intact${verdict.erased ? `, ${verdict.erased} bodies erased` : ""}`,
      );
    } else {
      broken += 1;
      console.log(`${name}: BROKEN at event ${verdict.seq}: ${verdict.problem}`);
    }
  }
  if (broken > 0) throw new CommandFailure(`${broken} of ${organizations.length} audit logs are not intact`);
}
