/**
 * What a successful authentication answers: the user, an access token with WorkOS's claims, and a refresh token.
 */
import { randomUUID } from "node:crypto";
import type { WireUser } from "./directory.ts";
import { signJwt, type SigningKey } from "./signing-key.ts";
import type { StoredSession, WorkosStore } from "./store.ts";

/** Everything that the handlers of the local sign-in share. */
export type StandIn = {
  store: WorkosStore;
  key: SigningKey;
  clientId: string;
  /** Seconds that an access token is good for. */
  accessTokenSeconds: number;
  /** `http://127.0.0.1:<port>`; known once it listens. */
  url: string;
};

function accessToken(standIn: StandIn, session: StoredSession): string {
  const now = Math.floor(Date.now() / 1000);
  const membership = standIn.store
    .membershipsOf(session.user_id)
    .find((candidate) => candidate.organization_id === session.organization_id);
  return signJwt(standIn.key, {
    iss: `${standIn.url}/user_management/${standIn.clientId}`,
    sub: session.user_id,
    sid: session.id,
    jti: randomUUID(),
    ...(membership
      ? {
          org_id: membership.organization_id,
          role: membership.role.slug,
          roles: [membership.role.slug],
          permissions: [],
        }
      : {}),
    auth_time: Math.floor(Date.parse(session.created_at) / 1000),
    iat: now,
    exp: now + standIn.accessTokenSeconds,
  });
}

/** The answer of /user_management/authenticate. */
export function authenticationAnswer(standIn: StandIn, user: WireUser, session: StoredSession, refreshToken: string) {
  return {
    user,
    ...(session.organization_id === null ? {} : { organization_id: session.organization_id }),
    access_token: accessToken(standIn, session),
    refresh_token: refreshToken,
    authentication_method: session.auth_method === "password" ? "Password" : "ExternalAuth",
  };
}
