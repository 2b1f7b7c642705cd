/**
 * proxy.ts with the real AuthKit against the local sign-in: sessions are opened, refreshed and refused, and every answer carries its headers.
 */
import "../fixtures/authkit-in-node.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { WorkOS } from "@workos-inc/node";
import { decodeJwt } from "jose";
import { NextRequest, type NextFetchEvent, type NextResponse } from "next/server.js";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startWorkosStandIn, type RunningStandIn } from "../../lib/local/workos/stand-in.ts";

const PORTAL = "http://127.0.0.1:3000";

let stateDir: string;
let standIn: RunningStandIn;
let workos: WorkOS;
let proxy: (request: NextRequest, event: NextFetchEvent) => Promise<NextResponse>;
let seal: (session: object) => Promise<string>;
let unseal: (sealed: string) => Promise<{ accessToken?: string }>;

async function start(accessTokenSeconds: number) {
  standIn = await startWorkosStandIn({ stateDir, port: standIn?.port ?? 0, accessTokenSeconds });
}

beforeAll(async () => {
  stateDir = mkdtempSync(path.join(tmpdir(), "nexio-workos-"));
  await start(3_600);
  const password = "a password of the tests that seals cookies";
  Object.assign(process.env, {
    WORKOS_API_KEY: standIn.apiKey,
    WORKOS_CLIENT_ID: standIn.clientId,
    WORKOS_API_HOSTNAME: "127.0.0.1",
    WORKOS_API_PORT: String(standIn.port),
    WORKOS_API_HTTPS: "false",
    WORKOS_COOKIE_PASSWORD: password,
  });
  ({ proxy } = (await import("../../proxy.ts")) as unknown as { proxy: typeof proxy });
  workos = (await import("../../lib/auth/authkit.ts")).getWorkOS();
  const { sealData, unsealData } = await import("iron-session");
  seal = (session) => sealData(session, { password, ttl: 0 });
  unseal = (sealed) => unsealData(sealed, { password });
});

afterAll(async () => {
  await standIn.close();
  rmSync(stateDir, { recursive: true, force: true });
});

/** A sealed cookie as the callback would set it. */
async function signIn(email = "owner@acme.test") {
  const session = await workos.userManagement.authenticateWithPassword({
    clientId: standIn.clientId,
    email,
    password: "nexio-demo",
  });
  return { session, cookie: await seal(session) };
}

type Visit = { cookie?: string; pathname?: string; headers?: Record<string, string> };

/** What the proxy does with a request: its answer, and the headers that the page behind it would get. */
async function visit({ cookie, pathname = "/runs", headers = {} }: Visit = {}) {
  // Next builds its own address from the listen address, not from the Host header.
  const request = new NextRequest(`http://localhost:3000${pathname}`, {
    headers: {
      host: "127.0.0.1:3000",
      accept: "text/html",
      ...(cookie === undefined ? {} : { cookie: `other=1; wos-session=${cookie}` }),
      ...headers,
    },
  });
  const response = await proxy(request, {} as NextFetchEvent);
  const names = (response.headers.get("x-middleware-override-headers") ?? "").split(",");
  const forwarded = new Headers(
    names.map((name): [string, string] => [name, response.headers.get(`x-middleware-request-${name}`) ?? ""]),
  );
  return { response, forwarded, cookies: response.headers.getSetCookie() };
}

const cookieOf = (headers: Headers) => /wos-session=([^;]*)/.exec(headers.get("cookie") ?? "")?.[1];

describe("headers", () => {
  test("a page gets a strict policy whose nonce is new every time, and told to Next", async () => {
    const [first, second] = [await visit(), await visit()];
    const policy = first.response.headers.get("content-security-policy")!;
    const nonce = /'nonce-([^']+)'/.exec(policy)![1]!;
    expect(policy).toContain(`script-src 'self' 'nonce-${nonce}' 'strict-dynamic';`);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain(`form-action 'self' http://127.0.0.1:${standIn.port}`);
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    expect(first.forwarded.get("content-security-policy")).toBe(policy);
    expect(first.forwarded.get("x-nonce")).toBe(nonce);
    expect(second.forwarded.get("x-nonce")).not.toBe(nonce);
    expect(Object.fromEntries(first.response.headers)).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "same-origin",
      "cross-origin-opener-policy": "same-origin",
    });
    expect(first.response.headers.has("strict-transport-security")).toBe(false);
  });

  test("request ids are ours, and the same inside and outside; a caller cannot bring its own, nor a session state or a session", async () => {
    const { response, forwarded } = await visit({
      headers: {
        "x-request-id": "mine",
        "x-nexio-session-state": "unavailable",
        "x-workos-session": "forged",
        "x-nonce": "mine",
      },
    });
    expect(response.headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{24}$/);
    expect(forwarded.get("x-request-id")).toBe(response.headers.get("x-request-id"));
    expect(forwarded.has("x-nexio-session-state")).toBe(false);
    expect(forwarded.has("x-workos-session")).toBe(false);
    expect(forwarded.get("x-nonce")).not.toBe("mine");
    expect(response.headers.has("x-workos-session")).toBe(false);
  });
});

describe("sessions", () => {
  test("a good cookie is opened and left as it is", async () => {
    const { cookie } = await signIn();
    const { forwarded, cookies } = await visit({ cookie });
    expect(forwarded.get("x-workos-session")).toBe(cookie);
    expect(forwarded.get("x-redirect-uri")).toBe(`${PORTAL}/callback`);
    // Next writes every loopback name as localhost; what counts are path and protocol
    expect(forwarded.get("x-url")).toBe("http://localhost:3000/runs");
    expect(cookies).toEqual([]);
  });

  test.each([
    ["nonsense", "nonsense"],
    ["an empty value", ""],
    ["a broken seal", "Fe26.2*1*aa*bb*cc**dd*ee~2"],
    [
      "a seal with a bad number",
      `Fe26.2*1*${"a".repeat(64)}*${"b".repeat(22)}*${"c".repeat(22)}*x*${"d".repeat(64)}*${"e".repeat(43)}~2`,
    ],
    ["a huge value", "x".repeat(6_000)],
  ])("%s as a cookie is nobody, never an error", async (_what, cookie) => {
    for (const accept of ["text/html", "application/json"]) {
      const { response, forwarded } = await visit({ cookie, headers: { accept } });
      expect(response.status).toBe(200);
      expect(forwarded.has("x-workos-session")).toBe(false);
    }
  });

  test("a cookie sealed with another password is nobody", async () => {
    const { sealData } = await import("iron-session");
    const { session } = await signIn();
    const cookie = await sealData(session, { password: "another password of thirty-two chars", ttl: 0 });
    const { forwarded } = await visit({ cookie });
    expect(forwarded.has("x-workos-session")).toBe(false);
  });

  test("an access token with a foreign signature is nobody", async () => {
    const { session } = await signIn();
    const [head, body] = session.accessToken.split(".");
    const forged = { ...session, accessToken: `${head}.${body}.${"A".repeat(342)}`, refreshToken: "none" };
    const { forwarded, cookies } = await visit({ cookie: await seal(forged) });
    expect(forwarded.has("x-workos-session")).toBe(false);
    expect(cookies.some((cookie) => cookie.startsWith("wos-session=;"))).toBe(true);
  });
});

/** A cookie whose access token has run out. */
async function expiredSignIn() {
  await standIn.close();
  await start(-1);
  const signedIn = await signIn();
  await standIn.close();
  await start(3_600);
  return signedIn;
}

describe("refreshing", () => {
  test("an expired token is exchanged, and the routes behind see the new cookie only", async () => {
    const { cookie } = await expiredSignIn();
    const { forwarded, cookies } = await visit({ cookie });
    const renewed = cookieOf(forwarded)!;
    expect(renewed).not.toBe(cookie);
    expect(forwarded.get("x-workos-session")).toBe(renewed);
    expect(forwarded.get("cookie")).toContain("other=1");
    expect(cookies.find((set) => set.startsWith("wos-session="))).toContain(renewed);
    expect(decodeJwt((await unseal(renewed)).accessToken!)).toMatchObject({ org_id: "org_acme", role: "owner" });
  });

  test("requests that set out together with one expired token all succeed", async () => {
    const { cookie } = await expiredSignIn();
    const together = await Promise.all(Array.from({ length: 8 }, () => visit({ cookie })));
    expect(together.filter(({ forwarded }) => forwarded.has("x-workos-session"))).toHaveLength(8);
    const late = await visit({ cookie });
    expect(late.forwarded.has("x-workos-session")).toBe(true);
  });

  test("a spent token ends the session for a page, while a fetch leaves the cookie alone", async () => {
    const { session, cookie } = await expiredSignIn();
    const other = new (await import("@workos-inc/node")).WorkOS(standIn.apiKey, {
      apiHostname: "127.0.0.1",
      port: standIn.port,
      https: false,
      clientId: standIn.clientId,
    });
    await other.userManagement.authenticateWithRefreshToken({ refreshToken: session.refreshToken });

    const fetched = await visit({ cookie, pathname: "/api/session", headers: { accept: "*/*" } });
    expect(fetched.forwarded.has("x-workos-session")).toBe(false);
    expect(fetched.cookies).toEqual([]);
    const page = await visit({ cookie });
    expect(page.cookies.some((set) => set.startsWith("wos-session=;"))).toBe(true);
  });

  test("while WorkOS is away the cookie is kept and the routes are told", async () => {
    const { cookie } = await expiredSignIn();
    await standIn.close();
    vi.spyOn(workos.client as unknown as { sleep: () => Promise<void> }, "sleep").mockResolvedValue();
    const { forwarded, cookies } = await visit({ cookie });
    expect(forwarded.get("x-nexio-session-state")).toBe("unavailable");
    expect(cookies).toEqual([]);
    await start(3_600);
    expect((await visit({ cookie })).forwarded.has("x-workos-session")).toBe(true);
  });
});
