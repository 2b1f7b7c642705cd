/**
 * GET /user_management/authorize: who is signing in, and into which organization? With `login_hint` the answer is given at once, else on a page.
 */
import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { WireUser } from "./directory.ts";
import { isLoopbackUrl, redirect, WorkosRefusal } from "./exchange.ts";
import { acceptInvitation } from "./invitations.ts";
import { sendChoicePage, sendMessagePage } from "./page.ts";
import type { StandIn } from "./tokens.ts";

/** A code that was handed out and not yet exchanged. */
export type PendingCode = {
  userId: string;
  organizationId: string | null;
  codeChallenge: string | null;
  expiresAtMs: number;
};

const CODE_LIFE_MS = 10 * 60 * 1000;

/** Codes live in memory: a sign-in that a restart interrupts is begun again. Each can be taken once. */
export class PendingCodes {
  readonly #codes = new Map<string, PendingCode>();

  issue(pending: Omit<PendingCode, "expiresAtMs">): string {
    const now = Date.now();
    for (const [code, { expiresAtMs }] of this.#codes) if (expiresAtMs < now) this.#codes.delete(code);
    const code = randomBytes(24).toString("base64url");
    this.#codes.set(code, { ...pending, expiresAtMs: now + CODE_LIFE_MS });
    return code;
  }

  take(code: string): PendingCode | undefined {
    const pending = this.#codes.get(code);
    this.#codes.delete(code);
    return pending && pending.expiresAtMs >= Date.now() ? pending : undefined;
  }
}

const badRequest = (description: string) =>
  new WorkosRefusal(400, { error: "invalid_request", error_description: description });

/** Refuses what may not be answered by a redirect: an unknown client, a place that is not on this machine, a protocol that is not ours. */
function checkRequest(standIn: StandIn, query: URLSearchParams): void {
  if (query.get("client_id") !== standIn.clientId) throw badRequest("The client_id is unknown.");
  if (!isLoopbackUrl(query.get("redirect_uri") ?? "")) {
    throw badRequest("The redirect_uri must lead to this machine (localhost, 127.0.0.1 or [::1]).");
  }
  if (query.get("response_type") !== "code") throw badRequest("The response_type must be code.");
  const challenge = query.get("code_challenge");
  if (challenge === null) return;
  if (query.get("code_challenge_method") !== "S256") throw badRequest("The code_challenge_method must be S256.");
  if (!/^[A-Za-z0-9_-]{43}$/.test(challenge)) throw badRequest("The code_challenge is not a SHA-256 digest.");
}

function back(query: URLSearchParams, answer: Record<string, string>): string {
  const target = new URL(query.get("redirect_uri")!);
  for (const [name, value] of Object.entries(answer)) target.searchParams.set(name, value);
  const state = query.get("state");
  if (state !== null) target.searchParams.set("state", state);
  return target.href;
}

/** The organization to sign in to: the one asked for, else the oldest membership; null for a user without any; undefined when not a member. */
function organizationFor(standIn: StandIn, user: WireUser, wanted: string | null): string | null | undefined {
  const memberships = standIn.store.membershipsOf(user.id);
  if (wanted === null) return memberships[0]?.organization_id ?? null;
  return memberships.find((membership) => membership.organization_id === wanted)?.organization_id;
}

/** Answers the authorization request: a page to choose on, or the way back with a code or an error. */
export function authorize(
  standIn: StandIn,
  codes: PendingCodes,
  query: URLSearchParams,
  response: ServerResponse,
): void {
  checkRequest(standIn, query);
  const invitationToken = query.get("invitation_token");
  const invited = invitationToken === null ? undefined : acceptInvitation(standIn.store, { token: invitationToken });
  const loginHint = query.get("login_hint") ?? invited?.email ?? null;
  if (loginHint === null) return sendChoicePage(response, standIn.store, query);

  const user = standIn.store.userByEmail(loginHint);
  if (!user) return sendChoicePage(response, standIn.store, query, `Nobody here has the address ${loginHint}.`);

  const wanted = query.get("organization_id") ?? invited?.organization_id ?? null;
  const organizationId = organizationFor(standIn, user, wanted);
  if (organizationId === undefined) {
    const description = `${user.email} is not a member of this organization.`;
    return redirect(response, back(query, { error: "access_denied", error_description: description }));
  }
  const code = codes.issue({
    userId: user.id,
    organizationId,
    codeChallenge: query.get("code_challenge"),
  });
  redirect(response, back(query, { code }));
}

/** GET /user_management/sessions/logout: ends the session and sends the browser on. */
export function logout(standIn: StandIn, query: URLSearchParams, response: ServerResponse): void {
  const returnTo = query.get("return_to");
  if (returnTo !== null && !isLoopbackUrl(returnTo)) throw badRequest("The return_to must lead to this machine.");
  standIn.store.endSession(query.get("session_id") ?? "");
  if (returnTo === null) return sendMessagePage(response, "You are signed out", "You can close this window.");
  redirect(response, returnTo);
}
