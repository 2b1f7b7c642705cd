/**
 * POST /user_management/authenticate: a code, a refresh token, a password or a chosen organization for a session. Refresh tokens are spent by use.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { PendingCodes } from "./authorize.ts";
import { DEMO_PASSWORD, type WireUser } from "./directory.ts";
import { invalidGrant, WorkosRefusal } from "./exchange.ts";
import { acceptInvitation } from "./invitations.ts";
import type { StoredSession } from "./store.ts";
import { authenticationAnswer, type StandIn } from "./tokens.ts";

type Fields = Record<string, string>;
type From = Pick<StoredSession, "ip_address" | "user_agent">;

const PENDING_LIFE_MS = 10 * 60 * 1000;

/** Sign-ins by password that wait for an organization to be chosen. */
export type PendingSelections = Map<string, { userId: string; expiresAtMs: number }>;

export const sameText = (a: string, b: string) =>
  timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());

const organizationsOf = (standIn: StandIn, user: WireUser) =>
  new Set(standIn.store.membershipsOf(user.id).map((membership) => membership.organization_id));

function checkClient(standIn: StandIn, fields: Fields, secretNeeded: boolean): void {
  const refusal = new WorkosRefusal(400, {
    error: "invalid_client",
    error_description: "The client_id or client_secret is wrong.",
  });
  if (fields.client_id !== standIn.clientId) throw refusal;
  if (fields.client_secret === undefined ? secretNeeded : !sameText(fields.client_secret, standIn.store.apiKey))
    throw refusal;
}

function begin(
  standIn: StandIn,
  user: WireUser,
  organizationId: string | null,
  method: StoredSession["auth_method"],
  from: From,
) {
  const { session, refreshToken } = standIn.store.startSession(user, organizationId, { auth_method: method, ...from });
  return authenticationAnswer(standIn, user, session, refreshToken);
}

function withCode(standIn: StandIn, codes: PendingCodes, fields: Fields, from: From) {
  const pending = codes.take(fields.code ?? "");
  if (!pending) throw invalidGrant("The code is unknown, expired or was exchanged already.");
  checkClient(standIn, fields, pending.codeChallenge === null);
  if (pending.codeChallenge !== null) {
    const challenge = createHash("sha256")
      .update(fields.code_verifier ?? "")
      .digest("base64url");
    if (!sameText(challenge, pending.codeChallenge))
      throw invalidGrant("The code_verifier does not match the code_challenge.");
  }
  const user = standIn.store.userById(pending.userId);
  if (!user) throw invalidGrant("The user does not exist any more.");
  return begin(standIn, user, pending.organizationId, "password", from);
}

function withRefreshToken(standIn: StandIn, fields: Fields) {
  checkClient(standIn, fields, false);
  const { store } = standIn;
  const session = store.sessionByRefreshToken(fields.refresh_token ?? "");
  if (!session) throw invalidGrant("Refresh token already exchanged.");
  const user = store.userById(session.user_id);
  if (!user) throw invalidGrant("The user does not exist any more.");
  const memberOf = organizationsOf(standIn, user);
  const wanted = fields.organization_id ?? session.organization_id;
  // A switch to a foreign organization is refused before the token is spent: the session goes on as it was.
  if (fields.organization_id !== undefined && !memberOf.has(fields.organization_id)) {
    throw invalidGrant("The user is not a member of this organization.");
  }
  const organizationId = wanted !== null && memberOf.has(wanted) ? wanted : null;
  const refreshToken = store.rotate(session, organizationId);
  return authenticationAnswer(standIn, user, session, refreshToken);
}

function withPassword(standIn: StandIn, selections: PendingSelections, fields: Fields, from: From) {
  checkClient(standIn, fields, true);
  const user = standIn.store.userByEmail(fields.email ?? "");
  if (!sameText(fields.password ?? "", DEMO_PASSWORD) || !user) {
    throw new WorkosRefusal(400, {
      error: "invalid_grant",
      error_description: "Invalid credentials.",
      code: "invalid_credentials",
      message: "Invalid credentials.",
    });
  }
  if (fields.invitation_token !== undefined) acceptInvitation(standIn.store, { token: fields.invitation_token });
  const memberships = standIn.store.membershipsOf(user.id);
  if (memberships.length > 1) throw selectionRequired(standIn, selections, user);
  return begin(standIn, user, memberships[0]?.organization_id ?? null, "password", from);
}

/** What WorkOS answers when a user of several organizations must say which. */
function selectionRequired(standIn: StandIn, selections: PendingSelections, user: WireUser): WorkosRefusal {
  const token = randomBytes(24).toString("base64url");
  const now = Date.now();
  for (const [old, { expiresAtMs }] of selections) if (expiresAtMs < now) selections.delete(old);
  selections.set(token, { userId: user.id, expiresAtMs: now + PENDING_LIFE_MS });
  return new WorkosRefusal(403, {
    code: "organization_selection_required",
    message: "The user must choose an organization to finish their authentication.",
    user,
    organizations: standIn.store
      .membershipsOf(user.id)
      .map((membership) => ({ id: membership.organization_id, name: membership.organization_name })),
    pending_authentication_token: token,
  });
}

function withSelection(standIn: StandIn, selections: PendingSelections, fields: Fields, from: From) {
  checkClient(standIn, fields, true);
  const token = fields.pending_authentication_token ?? "";
  const pending = selections.get(token);
  const user = pending && pending.expiresAtMs >= Date.now() ? standIn.store.userById(pending.userId) : undefined;
  if (!user) throw invalidGrant("The pending authentication token is unknown or expired.");
  if (!organizationsOf(standIn, user).has(fields.organization_id ?? ""))
    throw invalidGrant("The user is not a member of this organization.");
  selections.delete(token);
  return begin(standIn, user, fields.organization_id!, "password", from);
}

/** Answers an authentication request. Throws a WorkosRefusal: 400 `invalid_grant` and its like, 403 when an organization must be chosen. */
export function authenticate(
  standIn: StandIn,
  codes: PendingCodes,
  selections: PendingSelections,
  request: IncomingMessage,
  fields: Fields,
) {
  const from: From = {
    ip_address: fields.ip_address ?? request.socket.remoteAddress ?? null,
    user_agent: fields.user_agent ?? null,
  };
  switch (fields.grant_type) {
    case "authorization_code":
      return withCode(standIn, codes, fields, from);
    case "refresh_token":
      return withRefreshToken(standIn, fields);
    case "password":
      return withPassword(standIn, selections, fields, from);
    case "urn:workos:oauth:grant-type:organization-selection":
      return withSelection(standIn, selections, fields, from);
    default:
      throw new WorkosRefusal(400, {
        error: "unsupported_grant_type",
        error_description: `The grant type ${fields.grant_type ?? "(none)"} is not supported.`,
      });
  }
}
