/** The session on the wire. */
import { z } from "zod";
import { PERMISSIONS, READ_PERMISSIONS } from "./permissions.ts";

export const SessionSchema = z.strictObject({
  user: z.strictObject({ id: z.string(), email: z.string(), name: z.string() }),
  organization: z.strictObject({ id: z.uuid(), name: z.string(), workos_id: z.string() }),
  role: z.enum(["owner", "developer", "finance", "member"]),
  permissions: z.array(z.enum([...PERMISSIONS, ...READ_PERMISSIONS])),
  /** Every organization that the person can switch to, this one included. */
  organizations: z.array(z.strictObject({ workos_id: z.string(), name: z.string() })),
});

/** POST /api/session/organization: the WorkOS id of the organization to work in from now on. */
export const SwitchOrganizationSchema = z.strictObject({ organization_id: z.string().min(1).max(100) });
/** Where to go on to: a path of the portal. */
export const SwitchedOrganizationSchema = z.strictObject({ location: z.string() });

export type SessionDto = z.infer<typeof SessionSchema>;
