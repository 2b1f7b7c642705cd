/** Moves the session to another organization of the same person. */
import { SwitchedOrganizationSchema, SwitchOrganizationSchema } from "@/lib/auth/session-schema";
import { switchOrganization } from "@/lib/auth/switch-organization";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

export const POST = sessionRoute(
  { environment: "any", body: SwitchOrganizationSchema, response: SwitchedOrganizationSchema },
  ({ session, body }) => switchOrganization(session, body.organization_id),
);

export const { GET, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ POST });
