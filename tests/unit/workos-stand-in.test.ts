/**
 * The local sign-in, driven by the real WorkOS SDK: what the SDK accepts and refuses here, it accepts and refuses there.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { WorkOS } from "@workos-inc/node";
import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startWorkosStandIn, type RunningStandIn } from "../../lib/local/workos/stand-in.ts";

const REDIRECT_URI = "http://localhost:3000/callback";

let stateDir: string;
let standIn: RunningStandIn;
let workos: WorkOS;

function client(of: RunningStandIn): WorkOS {
  return new WorkOS(of.apiKey, { apiHostname: "127.0.0.1", https: false, port: of.port, clientId: of.clientId });
}

beforeEach(async () => {
  stateDir = mkdtempSync(path.join(tmpdir(), "nexio-workos-"));
  standIn = await startWorkosStandIn({ stateDir });
  workos = client(standIn);
});

afterEach(async () => {
  await standIn.close();
  rmSync(stateDir, { recursive: true, force: true });
});

type Authorization = { loginHint?: string; organizationId?: string; redirectUri?: string };

async function authorizationUrl(options: Authorization) {
  const pkce = await workos.pkce.generate();
  const url = workos.userManagement.getAuthorizationUrl({
    provider: "authkit",
    redirectUri: REDIRECT_URI,
    state: "the-state",
    codeChallenge: pkce.codeChallenge,
    codeChallengeMethod: "S256",
    ...options,
  });
  return { url, codeVerifier: pkce.codeVerifier };
}

/** Goes to the authorize address as a browser would; answers where it is sent. */
async function authorize(options: Authorization) {
  const { url, codeVerifier } = await authorizationUrl(options);
  const response = await fetch(url, { redirect: "manual" });
  expect(response.status).toBe(302);
  const target = new URL(response.headers.get("location")!);
  return { target, code: target.searchParams.get("code") ?? "", codeVerifier };
}

async function signIn(options: Authorization) {
  const { code, codeVerifier } = await authorize(options);
  return workos.userManagement.authenticateWithCode({ code, codeVerifier });
}

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable("this should have been refused"),
    (error: unknown) => error as Record<string, unknown>,
  );

describe("signing in by code", () => {
  test("a login hint leads straight back with code and state, and the code with its verifier becomes a session", async () => {
    const { target, code, codeVerifier } = await authorize({ loginHint: "owner@acme.test" });
    expect(target.origin + target.pathname).toBe(REDIRECT_URI);
    expect(target.searchParams.get("state")).toBe("the-state");

    const session = await workos.userManagement.authenticateWithCode({ code, codeVerifier });
    expect(session.user).toMatchObject({ id: "user_acme_owner", email: "owner@acme.test", emailVerified: true });
    expect(session.organizationId).toBe("org_acme");

    const jwks = createRemoteJWKSet(new URL(workos.userManagement.getJwksUrl(standIn.clientId)));
    const { payload, protectedHeader } = await jwtVerify(session.accessToken, jwks);
    expect(protectedHeader.alg).toBe("RS256");
    expect(payload).toMatchObject({ sub: "user_acme_owner", org_id: "org_acme", role: "owner", roles: ["owner"] });
    expect(payload.sid).toMatch(/^session_/);
  });

  test.each([
    ["developer@acme.test", "org_acme", "developer"],
    ["finance@acme.test", "org_acme", "finance"],
    ["viewer@acme.test", "org_acme", "member"],
    ["owner@globex.test", "org_globex", "owner"],
    ["viewer@globex.test", "org_globex", "member"],
  ])("%s belongs to %s as %s", async (loginHint, organizationId, role) => {
    const session = await signIn({ loginHint });
    expect(decodeJwt(session.accessToken)).toMatchObject({ org_id: organizationId, role });
  });

  test("a user without an organization gets a token without org_id and role", async () => {
    const session = await signIn({ loginHint: "nobody@acme.test" });
    expect(session.organizationId).toBeUndefined();
    expect(decodeJwt(session.accessToken)).not.toHaveProperty("org_id");
    expect(decodeJwt(session.accessToken)).not.toHaveProperty("role");
  });

  test("a user of two organizations lands in the older one, or in the one that is named", async () => {
    expect((await signIn({ loginHint: "both@acme.test" })).organizationId).toBe("org_acme");
    const named = await signIn({ loginHint: "both@acme.test", organizationId: "org_globex" });
    expect(decodeJwt(named.accessToken)).toMatchObject({ org_id: "org_globex", role: "developer" });
  });

  test("an organization that the user is not in leads back with access_denied", async () => {
    const { target } = await authorize({ loginHint: "owner@acme.test", organizationId: "org_globex" });
    expect(target.searchParams.get("error")).toBe("access_denied");
    expect(target.searchParams.get("state")).toBe("the-state");
    expect(target.searchParams.has("code")).toBe(false);
  });

  test("without a hint a page without scripts offers everybody; an unknown address is said to be unknown, escaped", async () => {
    const { url } = await authorizationUrl({});
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-security-policy")).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    const page = await response.text();
    expect(page).toContain("both@acme.test");
    expect(page).not.toContain("<script");

    const unknown = await authorizationUrl({ loginHint: "<b>x@acme.test" });
    const answer = await (await fetch(unknown.url)).text();
    expect(answer).toContain("&lt;b&gt;x@acme.test");
    expect(answer).not.toContain("<b>x");
  });

  test("a choice on the page is a link that leads back with a code", async () => {
    const page = await (await fetch((await authorizationUrl({})).url)).text();
    const links = [...page.matchAll(/href="([^"]+)"/g)].map((match) => match[1]!.replaceAll("&amp;", "&"));
    // four in each organization, one in both, one in none
    expect(links).toHaveLength(11);
    const chosen = links.find((link) => link.includes("both%40acme.test") && link.includes("org_globex"))!;
    const response = await fetch(`${standIn.url}/user_management/authorize${chosen}`, { redirect: "manual" });
    expect(new URL(response.headers.get("location")!).searchParams.get("code")).toBeTruthy();
  });

  test("a code is good once, and only with its verifier", async () => {
    const first = await authorize({ loginHint: "owner@acme.test" });
    await workos.userManagement.authenticateWithCode(first);
    expect(await rejection(workos.userManagement.authenticateWithCode(first))).toMatchObject({
      status: 400,
      error: "invalid_grant",
    });

    const second = await authorize({ loginHint: "owner@acme.test" });
    const wrong = { code: second.code, codeVerifier: first.codeVerifier };
    expect(await rejection(workos.userManagement.authenticateWithCode(wrong))).toMatchObject({
      error: "invalid_grant",
    });
    const withoutVerifier = await authorize({ loginHint: "owner@acme.test" });
    expect(await rejection(workos.userManagement.authenticateWithCode({ code: withoutVerifier.code }))).toMatchObject({
      error: "invalid_grant",
    });
  });

  test("codes are sent to this machine only, to this client only, with S256 only", async () => {
    const { url } = await authorizationUrl({ loginHint: "owner@acme.test" });
    const changed = async (name: string, value: string) => {
      const target = new URL(url);
      target.searchParams.set(name, value);
      return (await fetch(target, { redirect: "manual" })).status;
    };
    expect(await changed("redirect_uri", "https://evil.example/callback")).toBe(400);
    expect(await changed("redirect_uri", "http://localhost.evil.example/callback")).toBe(400);
    expect(await changed("redirect_uri", "http://localhost@evil.example/callback")).toBe(400);
    expect(await changed("redirect_uri", "javascript:alert(1)")).toBe(400);
    expect(await changed("client_id", "client_other")).toBe(400);
    expect(await changed("code_challenge_method", "plain")).toBe(400);
    expect(await changed("redirect_uri", "http://[::1]:3000/callback")).toBe(302);
  });
});

describe("refreshing", () => {
  test("a refresh token is good once; the session goes on with the next one", async () => {
    const session = await signIn({ loginHint: "owner@acme.test" });
    const next = await workos.userManagement.authenticateWithRefreshToken({ refreshToken: session.refreshToken });
    expect(decodeJwt(next.accessToken).sid).toBe(decodeJwt(session.accessToken).sid);
    expect(next.organizationId).toBe("org_acme");
    expect(
      await rejection(workos.userManagement.authenticateWithRefreshToken({ refreshToken: session.refreshToken })),
    ).toMatchObject({ status: 400, error: "invalid_grant" });
    await workos.userManagement.authenticateWithRefreshToken({ refreshToken: next.refreshToken });
  });

  test("it switches the organization; a foreign one is refused and costs nothing", async () => {
    const session = await signIn({ loginHint: "both@acme.test" });
    const switched = await workos.userManagement.authenticateWithRefreshToken({
      refreshToken: session.refreshToken,
      organizationId: "org_globex",
    });
    expect(decodeJwt(switched.accessToken)).toMatchObject({ org_id: "org_globex", role: "developer" });

    const owner = await signIn({ loginHint: "owner@acme.test" });
    const foreign = { refreshToken: owner.refreshToken, organizationId: "org_globex" };
    expect(await rejection(workos.userManagement.authenticateWithRefreshToken(foreign))).toMatchObject({
      error: "invalid_grant",
    });
    await workos.userManagement.authenticateWithRefreshToken({ refreshToken: owner.refreshToken });
  });

  test("a change of role and the loss of the membership arrive with the next refresh", async () => {
    const session = await signIn({ loginHint: "developer@acme.test" });
    const [membership] = (
      await workos.userManagement.listOrganizationMemberships({ userId: session.user.id, organizationId: "org_acme" })
    ).data;
    await workos.userManagement.updateOrganizationMembership(membership!.id, { roleSlug: "finance" });
    const changed = await workos.userManagement.authenticateWithRefreshToken({ refreshToken: session.refreshToken });
    expect(decodeJwt(changed.accessToken)).toMatchObject({ role: "finance" });

    await workos.userManagement.deleteOrganizationMembership(membership!.id);
    const gone = await workos.userManagement.authenticateWithRefreshToken({ refreshToken: changed.refreshToken });
    expect(decodeJwt(gone.accessToken)).not.toHaveProperty("org_id");
  });

  test("logout and revocation end the session; logout sends the browser on, to this machine only", async () => {
    const session = await signIn({ loginHint: "owner@acme.test" });
    const sessionId = String(decodeJwt(session.accessToken).sid);
    const away = workos.userManagement.getLogoutUrl({ sessionId, returnTo: "https://evil.example/" });
    expect((await fetch(away, { redirect: "manual" })).status).toBe(400);
    const home = workos.userManagement.getLogoutUrl({ sessionId, returnTo: "http://localhost:3000/" });
    const response = await fetch(home, { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([302, "http://localhost:3000/"]);
    expect(
      await rejection(workos.userManagement.authenticateWithRefreshToken({ refreshToken: session.refreshToken })),
    ).toMatchObject({ error: "invalid_grant" });

    const other = await signIn({ loginHint: "owner@acme.test" });
    await workos.userManagement.revokeSession({ sessionId: String(decodeJwt(other.accessToken).sid) });
    await rejection(workos.userManagement.authenticateWithRefreshToken({ refreshToken: other.refreshToken }));
    const statuses = (await workos.userManagement.listSessions("user_acme_owner")).data.map(({ status }) => status);
    expect(statuses).toEqual(["revoked", "revoked"]);
  });

  test("a restart on the same folder leaves people signed in, with the same key and the same secrets", async () => {
    const session = await signIn({ loginHint: "owner@acme.test" });
    await standIn.close();
    const before = standIn;
    standIn = await startWorkosStandIn({ stateDir });
    workos = client(standIn);
    expect([standIn.apiKey, standIn.cookiePassword]).toEqual([before.apiKey, before.cookiePassword]);
    expect(standIn.cookiePassword.length).toBeGreaterThanOrEqual(32);

    const jwks = createRemoteJWKSet(new URL(workos.userManagement.getJwksUrl(standIn.clientId)));
    await jwtVerify(session.accessToken, jwks);
    await workos.userManagement.authenticateWithRefreshToken({ refreshToken: session.refreshToken });
  });
});

describe("signing in by password", () => {
  test("the demo password opens; a wrong one and an unknown address are refused alike", async () => {
    const session = await workos.userManagement.authenticateWithPassword({
      email: "Developer@Acme.test",
      password: "nexio-demo",
    });
    expect(decodeJwt(session.accessToken)).toMatchObject({ sub: "user_acme_developer", role: "developer" });

    const wrong = await rejection(
      workos.userManagement.authenticateWithPassword({ email: "developer@acme.test", password: "nope" }),
    );
    const unknown = await rejection(
      workos.userManagement.authenticateWithPassword({ email: "no-one@acme.test", password: "nexio-demo" }),
    );
    expect(wrong).toMatchObject({ status: 400, error: "invalid_grant" });
    expect(unknown.rawData).toEqual(wrong.rawData);
  });

  test("a user of two organizations must choose, and the choice completes the sign-in once", async () => {
    const asked = await rejection(
      workos.userManagement.authenticateWithPassword({ email: "both@acme.test", password: "nexio-demo" }),
    );
    expect(asked).toMatchObject({
      name: "AuthenticationException",
      status: 403,
      code: "organization_selection_required",
    });
    expect((asked.rawData as { organizations: unknown }).organizations).toEqual([
      { id: "org_acme", name: "Acme" },
      { id: "org_globex", name: "Globex" },
    ]);
    const choice = {
      pendingAuthenticationToken: String(asked.pendingAuthenticationToken),
      organizationId: "org_globex",
    };
    const session = await workos.userManagement.authenticateWithOrganizationSelection(choice);
    expect(decodeJwt(session.accessToken)).toMatchObject({ org_id: "org_globex" });
    await rejection(workos.userManagement.authenticateWithOrganizationSelection(choice));
  });
});

describe("the API with its key", () => {
  test("organizations, users and memberships are listed and paged", async () => {
    const organizations = await workos.organizations.listOrganizations({ order: "asc" });
    expect(organizations.data.map(({ id, name, domains }) => ({ id, name, domains }))).toEqual([
      { id: "org_acme", name: "Acme", domains: [] },
      { id: "org_globex", name: "Globex", domains: [] },
    ]);
    expect((await workos.organizations.getOrganization("org_globex")).name).toBe("Globex");
    expect((await workos.userManagement.listUsers({ email: "both@acme.test" })).data).toHaveLength(1);

    const first = await workos.userManagement.listUsers({ limit: 6 });
    const second = await workos.userManagement.listUsers({ limit: 6, after: first.listMetadata.after ?? "" });
    expect([first.data.length, second.data.length, second.listMetadata.after]).toEqual([6, 4, null]);
    const emails = new Set([...first.data, ...second.data].map(({ email }) => email));
    expect(emails.size).toBe(10);

    const memberships = await workos.userManagement.listOrganizationMemberships({
      userId: "user_acme_both",
      order: "asc",
    });
    expect(
      memberships.data.map(({ organizationId, organizationName, role }) => [
        organizationId,
        organizationName,
        role.slug,
      ]),
    ).toEqual([
      ["org_acme", "Acme", "owner"],
      ["org_globex", "Globex", "developer"],
    ]);
    expect(await rejection(workos.userManagement.getUser("user_unknown"))).toMatchObject({ status: 404 });
  });

  test("an invitation is made, accepted by its link, and the person can sign in", async () => {
    const invitation = await workos.userManagement.sendInvitation({
      email: "new@acme.test",
      organizationId: "org_acme",
      roleSlug: "developer",
    });
    expect(invitation.state).toBe("pending");
    expect((await fetch(invitation.acceptInvitationUrl)).status).toBe(200);
    expect((await workos.userManagement.getInvitation(invitation.id)).state).toBe("accepted");
    const session = await signIn({ loginHint: "new@acme.test" });
    expect(decodeJwt(session.accessToken)).toMatchObject({ org_id: "org_acme", role: "developer" });

    const taken = await workos.userManagement.sendInvitation({ email: "other@acme.test", organizationId: "org_acme" });
    await workos.userManagement.revokeInvitation(taken.id);
    expect((await fetch(taken.acceptInvitationUrl)).status).toBe(400);
  });

  test("events tell what happened, in order", async () => {
    const session = await signIn({ loginHint: "owner@acme.test" });
    const created = await workos.events.listEvents({ events: ["session.created"] });
    expect(created.data.map(({ event, data }) => [event, (data as { userId: string }).userId])).toEqual([
      ["session.created", session.user.id],
    ]);
  });

  test("a wrong or missing key is refused", async () => {
    const wrong = new WorkOS("sk_test_wrong", { apiHostname: "127.0.0.1", https: false, port: standIn.port });
    expect(await rejection(wrong.organizations.getOrganization("org_acme"))).toMatchObject({ status: 401 });
    expect((await fetch(`${standIn.url}/organizations`)).status).toBe(401);
    const { code, codeVerifier } = await authorize({ loginHint: "owner@acme.test" });
    const impostor = wrong.userManagement.authenticateWithCode({ clientId: standIn.clientId, code, codeVerifier });
    expect(await rejection(impostor)).toMatchObject({ error: "invalid_client" });
  });
});

describe("keeping to itself", () => {
  test("it listens on 127.0.0.1 and answers to no other name", async () => {
    expect(standIn.url).toBe(`http://127.0.0.1:${standIn.port}`);
    const status = await new Promise((resolve, reject) => {
      const asked = request(
        { host: "127.0.0.1", port: standIn.port, path: "/organizations", headers: { host: "attacker.example" } },
        (response) => resolve(response.resume().statusCode),
      );
      asked.on("error", reject);
      asked.end();
    });
    expect(status).toBe(403);
  });

  test("its secrets are readable by their owner only", () => {
    for (const file of ["workos.json", "workos-signing-key.pem"]) {
      expect(statSync(path.join(stateDir, file)).mode & 0o077).toBe(0);
    }
  });
});
