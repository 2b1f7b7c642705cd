/** Where the portal is, where a sign-in may return to, who the caller is: pure rules of the session's edge. */
import { describe, expect, test } from "vitest";
import { crossOriginProblem, loginHref, portalOrigin, safeReturnTo } from "../../lib/auth/origin.ts";
import { parseEnv } from "../../lib/env.ts";
import { clientAddress, parseTrustedProxies } from "../../lib/http/client-address.ts";
import { contentSecurityPolicy, securityHeaders } from "../../lib/http/security-headers.ts";

const development = parseEnv({ PORT: "3000" });
const production = parseEnv({ NEXIO_ENV: "production", HOST: "0.0.0.0", PLATFORM_URL: "https://portal.example/" });

const problemFrom = (origin: string, host: string) => crossOriginProblem(new Headers({ origin, host }), production);

describe("the portal's origin", () => {
  test.each([
    [development, "localhost:3000", "http://localhost:3000"],
    [development, "127.0.0.1:3000", "http://127.0.0.1:3000"],
    [development, "[::1]:3000", "http://[::1]:3000"],
    [development, "evil.example", "http://127.0.0.1:3000"],
    [development, "localhost.evil.example:3000", "http://127.0.0.1:3000"],
    [development, null, "http://127.0.0.1:3000"],
    [production, "localhost:3000", "https://portal.example"],
    [production, "evil.example", "https://portal.example"],
  ])("is %#: Host %s → %s", (env, host, origin) => expect(portalOrigin(host, env)).toBe(origin));

  test("in production a write must come from PLATFORM_URL, whatever Host says", () => {
    expect(problemFrom("https://portal.example", "10.0.0.7:3000")).toBeNull();
    expect(problemFrom("https://evil.example", "evil.example")).toMatch(/evil/);
    expect(problemFrom("http://portal.example", "portal.example")).toMatch(/Origin/);
  });
});

describe("the way back after sign-in", () => {
  test.each([
    ["/runs", "/runs"],
    ["/runs?environment=dev&status=FAILED", "/runs?environment=dev&status=FAILED"],
    ["/", "/"],
    ["/runs/../usage", "/usage"],
    ["//evil.example/x", undefined],
    ["/\\evil.example/x", undefined],
    ["/\t/evil.example/x", undefined],
    ["/.//evil.example", undefined],
    ["/..//evil.example/x", undefined],
    ["/a/..//evil.example", undefined],
    ["/%2e//evil.example", undefined],
    ["/a/%2E%2e//evil.example", undefined],
    ["/.//\\evil.example", undefined],
    ["/.\\/evil.example", undefined],
    ["/./\t/evil.example", undefined],
    ["/.///evil.example", undefined],
    ["/runs/./x//y?next=//z", "/runs/x//y?next=//z"],
    ["https://evil.example", undefined],
    ["javascript:alert(1)", undefined],
    ["runs", undefined],
    ["/login?return_to=/runs", undefined],
    ["/logout", undefined],
    ["/callback?code=x", undefined],
    ["/api/session", undefined],
    [`/${"x".repeat(3_000)}`, undefined],
    ["", undefined],
    [null, undefined],
  ])("%s → %s", (given, kept) => expect(safeReturnTo(given)).toBe(kept));

  test("a link to sign in carries it, except where it says nothing", () => {
    expect(loginHref("/runs?environment=dev")).toBe("/login?return_to=%2Fruns%3Fenvironment%3Ddev");
    expect(loginHref("/")).toBe("/login");
    expect(loginHref("//evil.example")).toBe("/login");
    expect(loginHref("/.//evil.example")).toBe("/login");
  });
});

describe("the caller's address", () => {
  const trusted = parseTrustedProxies("10.0.0.0/8, 192.0.2.7, 2001:db8::/32");

  test.each([
    ["203.0.113.9", "198.51.100.1", "203.0.113.9"],
    ["10.1.2.3", "198.51.100.1", "198.51.100.1"],
    ["10.1.2.3", "198.51.100.1, 203.0.113.9, 192.0.2.7", "203.0.113.9"],
    ["::ffff:10.1.2.3", "198.51.100.1", "198.51.100.1"],
    ["2001:db8::1", "2001:db9::1", "2001:db9::1"],
    ["10.1.2.3", undefined, "10.1.2.3"],
    ["10.1.2.3", "198.51.100.1, garbage", "10.1.2.3"],
    [undefined, "198.51.100.1, 203.0.113.9", "203.0.113.9"],
    [undefined, undefined, null],
  ])("peer %s, forwarded %s → %s", (peer, forwarded, address) => {
    expect(clientAddress(peer, forwarded, trusted)).toBe(address);
  });

  test("nobody is trusted by default", () => {
    expect(clientAddress("10.1.2.3", "198.51.100.1")).toBe("10.1.2.3");
  });

  test.each(["10.0.0.0/64", "proxy.example", "10.0.0.0/x", "::/200"])(
    "TRUSTED_PROXIES %s is refused by name",
    (list) => {
      expect(() => parseTrustedProxies(list)).toThrow(list);
    },
  );
});

describe("headers", () => {
  const options = { nonce: "abc", workosOrigin: "https://api.workos.com", https: true, developmentServer: false };

  test("over https: strict transport and no insecure requests", () => {
    expect(securityHeaders(true)["strict-transport-security"]).toMatch(/max-age=\d{8}/);
    expect(contentSecurityPolicy(options)).toContain("upgrade-insecure-requests");
    expect(contentSecurityPolicy({ ...options, https: false })).not.toContain("upgrade-insecure-requests");
  });

  test("neither scripts nor style elements without the nonce", () => {
    const policy = contentSecurityPolicy(options);
    expect(policy).toContain("style-src 'self' 'nonce-abc'");
    expect(policy.match(/'unsafe-[a-z]+'/g)).toEqual(["'unsafe-inline'"]);
    expect(policy).toContain("style-src-attr 'unsafe-inline'");
  });
});
