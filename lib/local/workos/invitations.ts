/**
 * Invitations of the local sign-in: made through the API, accepted by the link that WorkOS would have mailed.
 */
import { randomBytes } from "node:crypto";
import { newMembership, newUser, type WireInvitation } from "./directory.ts";
import { entityNotFound, unprocessable, WorkosRefusal } from "./exchange.ts";
import { newWorkosId, type WorkosStore } from "./store.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Makes a pending invitation. 422 without an address; 400 when it is pending or a member already. */
export function createInvitation(store: WorkosStore, baseUrl: string, fields: Record<string, string>): WireInvitation {
  const { email, organization_id: organizationId, role_slug: roleSlug } = fields;
  if (!email?.includes("@")) throw unprocessable("email", "email_invalid");
  const organization = store.directory.organizations.find(({ id }) => id === organizationId);
  if (organizationId !== undefined && !organization) throw entityNotFound(organizationId);
  const pending = store.directory.invitations.some(
    (other) => other.state === "pending" && other.email === email && other.organization_id === (organizationId ?? null),
  );
  if (pending)
    throw new WorkosRefusal(400, {
      code: "duplicate_invitation",
      message: "This person is invited already.",
      errors: [],
    });
  const user = store.userByEmail(email);
  if (user && store.membershipsOf(user.id).some((membership) => membership.organization_id === organizationId)) {
    throw new WorkosRefusal(400, {
      code: "user_already_member",
      message: "This person is a member already.",
      errors: [],
    });
  }
  const now = new Date();
  const token = randomBytes(18).toString("base64url");
  const invitation: WireInvitation = {
    object: "invitation",
    id: newWorkosId("invitation"),
    email,
    state: "pending",
    accepted_at: null,
    revoked_at: null,
    expires_at: new Date(now.getTime() + Number(fields.expires_in_days ?? 7) * DAY_MS).toISOString(),
    organization_id: organizationId ?? null,
    inviter_user_id: fields.inviter_user_id ?? null,
    accepted_user_id: null,
    role_slug: roleSlug ?? null,
    token,
    accept_invitation_url: `${baseUrl}/user_management/invitations/by_token/${token}/accept`,
    created_at: now.toISOString(),
    updated_at: now.toISOString(),
  };
  store.directory.invitations.push(invitation);
  store.emit("invitation.created", invitation);
  return invitation;
}

function pendingInvitation(store: WorkosStore, by: { id: string } | { token: string }): WireInvitation {
  const found = store.directory.invitations.find((invitation) =>
    "id" in by ? invitation.id === by.id : invitation.token === by.token,
  );
  if (!found) throw entityNotFound("id" in by ? by.id : by.token);
  if (found.state === "pending" && Date.parse(found.expires_at) < Date.now()) found.state = "expired";
  if (found.state !== "pending") {
    throw new WorkosRefusal(400, {
      code: `invitation_${found.state}`,
      message: `This invitation is ${found.state}.`,
      errors: [],
    });
  }
  return found;
}

/** Accepts a pending invitation: whoever is not known becomes known, and a member. */
export function acceptInvitation(store: WorkosStore, by: { id: string } | { token: string }): WireInvitation {
  const invitation = pendingInvitation(store, by);
  const now = new Date().toISOString();
  let user = store.userByEmail(invitation.email);
  if (!user) {
    user = newUser(newWorkosId("user"), invitation.email, null, null, now);
    store.directory.users.push(user);
    store.emit("user.created", user);
  }
  const organization = store.directory.organizations.find(({ id }) => id === invitation.organization_id);
  if (organization) {
    const membership = newMembership(newWorkosId("om"), user, organization, invitation.role_slug ?? "member", now);
    store.directory.memberships.push(membership);
    store.emit("organization_membership.created", membership);
  }
  Object.assign(invitation, { state: "accepted", accepted_at: now, accepted_user_id: user.id, updated_at: now });
  store.emit("invitation.accepted", invitation);
  return invitation;
}

/** Takes a pending invitation back. */
export function revokeInvitation(store: WorkosStore, id: string): WireInvitation {
  const invitation = pendingInvitation(store, { id });
  const now = new Date().toISOString();
  Object.assign(invitation, { state: "revoked", revoked_at: now, updated_at: now });
  store.emit("invitation.revoked", invitation);
  return invitation;
}
