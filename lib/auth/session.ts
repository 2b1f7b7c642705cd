/**
 * Who is signed in, from AuthKit's session (proxy.ts has opened the cookie, checked the token and refreshed it). The role slug comes from WorkOS, what
 * a role may do from our own table: permissions in the token are not read, so that there is one place to look.
 */
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { cache } from "react";
import { ApiError } from "../errors.ts";
import { loginHref } from "./origin.ts";
import { permissionsOf, type Role, roleOf } from "./permissions.ts";
import { type OrgScope, orgScope } from "./principal.ts";
import { requestContext, SESSION_STATE_HEADER } from "./request-context.ts";
import { sessionOrganization, type SessionOrganization } from "./session-organization.ts";

export type SessionUser = { id: string; email: string; name: string };

/** A signed-in person in an organization, and the right to work in it. */
export type Session = { scope: OrgScope; user: SessionUser; role: Role; organization: SessionOrganization };

/** An organization that the signed-in person belongs to, by its WorkOS id. */
export type SessionMembership = { workosOrganizationId: string; name: string };

type Found =
  | { state: "signed_in"; session: Session }
  | { state: "no_organization"; user: SessionUser }
  | { state: "signed_out" }
  | { state: "unavailable" };

async function find(): Promise<Found> {
  const { withAuth } = await import("./authkit.ts");
  const requestHeaders = await headers();
  const auth = await withAuth();
  if (!auth.user) {
    return requestHeaders.get(SESSION_STATE_HEADER) === "unavailable"
      ? { state: "unavailable" }
      : { state: "signed_out" };
  }

  const { id, email, firstName, lastName } = auth.user;
  const user = { id, email, name: [firstName, lastName].filter(Boolean).join(" ") || email };
  if (!auth.organizationId) return { state: "no_organization", user };

  const role = roleOf(auth.role);
  const organization = await sessionOrganization(auth.organizationId);
  const scope = orgScope({
    orgId: organization.id,
    principal: { kind: "session", userId: id, email, name: user.name, role },
    permissions: permissionsOf(role),
    request: requestContext(requestHeaders),
  });
  return { state: "signed_in", session: { scope, user, role, organization } };
}

// Layout and page of one request ask once.
const findOnce = cache(find);

/**
 * The session of a route. Throws 401 when nobody is signed in, 403 for a person without an organization, 503 while WorkOS cannot be asked.
 */
export async function requireSession(): Promise<Session> {
  const found = await findOnce();
  switch (found.state) {
    case "signed_in":
      return found.session;
    case "no_organization":
      throw new ApiError("forbidden", "You do not belong to an organization; ask an owner to invite you");
    case "unavailable":
      throw new ApiError(
        "unavailable",
        "The sign-in service cannot be reached; your session is kept, try again in a moment",
        { retryAfterSeconds: 5 },
      );
    case "signed_out":
      throw new ApiError("unauthorized", "Sign in to the portal first: this route takes the wos-session cookie");
  }
}

/**
 * The session of a page. Sends whoever is not signed in to /login and back here, a person without an organization to the page about that, and
 * everybody to a page that says so while WorkOS cannot be asked.
 */
export async function requirePageSession(): Promise<Session> {
  const found = await findOnce();
  switch (found.state) {
    case "signed_in":
      return found.session;
    case "no_organization":
      return redirect("/no-organization");
    case "unavailable":
      return redirect(unavailableHref(await returnPath()));
    case "signed_out":
      return redirect(loginHref(await returnPath()));
  }
}

/** The person of a page that needs a sign-in but no organization; `hasOrganization` tells whether there is one after all. */
export async function requirePageUser(): Promise<{ user: SessionUser; hasOrganization: boolean }> {
  const found = await findOnce();
  if (found.state === "signed_out") redirect(loginHref(await returnPath()));
  if (found.state === "unavailable") redirect(unavailableHref(await returnPath()));
  if (found.state === "signed_in") return { user: found.session.user, hasOrganization: true };
  return { user: found.user, hasOrganization: false };
}

// AuthKit's proxy leaves the address of the page here; Server Components have no other way to know it.
async function returnPath(): Promise<string> {
  const address = (await headers()).get("x-url");
  const { pathname, search } = new URL(address ?? "/", "http://portal.invalid");
  return pathname + search;
}

// A page that says so: an error thrown here would be a 500 whose words Next keeps to itself.
const unavailableHref = (path: string) =>
  `/login/failed?${new URLSearchParams({ reason: "unavailable", return_to: path })}`;

/** The organizations that a person can work in, by name. Asks WorkOS every time. */
export async function listSessionMemberships(userId: string): Promise<SessionMembership[]> {
  const { getWorkOS } = await import("./authkit.ts");
  const memberships = await getWorkOS().userManagement.listOrganizationMemberships({
    userId,
    statuses: ["active"],
    limit: 100,
  });
  return memberships.data
    .map(({ organizationId, organizationName }) => ({ workosOrganizationId: organizationId, name: organizationName }))
    .sort((a, b) => a.name.localeCompare(b.name));
}
