/**
 * Moves a session to another organization of the same person, by spending its refresh token for one of that organization.
 */
import { ApiError } from "../errors.ts";
import { listSessionMemberships, type Session } from "./session.ts";

/** What WorkOS says when the other organization wants its own sign-in (SSO, a second factor). */
const OWN_SIGN_IN = new Set(["sso_required", "mfa_enrollment", "mfa_challenge"]);

function needsSignIn(error: unknown): boolean {
  for (let e: unknown = error, depth = 0; typeof e === "object" && e !== null && depth < 4; depth++) {
    const { error: name, code, cause } = e as { error?: unknown; code?: unknown; cause?: unknown };
    if (OWN_SIGN_IN.has(String(name)) || OWN_SIGN_IN.has(String(code))) return true;
    e = cause;
  }
  return false;
}

/**
 * Switches and sets the new session cookie. Answers the path to go on to: the portal, or a sign-in that the other organization asks for.
 * Throws 403 for an organization that the person is not in, 503 while WorkOS cannot be asked.
 */
export async function switchOrganization(
  session: Session,
  workosOrganizationId: string,
): Promise<{ location: string }> {
  const memberships = await listSessionMemberships(session.user.id);
  if (!memberships.some((membership) => membership.workosOrganizationId === workosOrganizationId)) {
    throw new ApiError("forbidden", "You are not a member of this organization");
  }
  const signIn = { location: `/login?${new URLSearchParams({ organization_id: workosOrganizationId })}` };
  const { refreshSession } = await import("./authkit.ts");
  try {
    await refreshSession({ organizationId: workosOrganizationId });
    return { location: "/" };
  } catch (error) {
    if (needsSignIn(error)) return signIn;
    if (typeof error === "object" && error !== null && "isTransient" in error && error.isTransient) {
      throw new ApiError("unavailable", "The sign-in service cannot be reached; try again in a moment", {
        retryAfterSeconds: 5,
        cause: error,
      });
    }
    // The refresh token is spent or revoked: the way to that organization is a new sign-in.
    return signIn;
  }
}
