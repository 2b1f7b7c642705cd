/** Who is signed in, where, and what they may do. */
import { listSessionMemberships } from "@/lib/auth/session";
import { SessionSchema } from "@/lib/auth/session-schema";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

export const GET = sessionRoute(
  { response: SessionSchema },
  async ({ session: { user, organization, role, scope } }) => ({
    user,
    organization: { id: organization.id, name: organization.name, workos_id: organization.workosOrganizationId },
    role,
    permissions: [...scope.permissions],
    organizations: (await listSessionMemberships(user.id)).map(({ workosOrganizationId, name }) => ({
      workos_id: workosOrganizationId,
      name,
    })),
  }),
);

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });
