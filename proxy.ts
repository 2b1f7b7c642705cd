/**
 * In front of every page and portal route: opens and refreshes the session with AuthKit, gives the request an id and the page its policy.
 * The bearer API, its dialects, health and static files stay out of it.
 */
import { randomBytes } from "node:crypto";
import { type NextMiddleware, NextRequest, type NextResponse } from "next/server";
import { authkit, getWorkOS, handleAuthkitHeaders } from "./lib/auth/authkit.ts";
import { portalOrigin } from "./lib/auth/origin.ts";
import { NONCE_HEADER, REQUEST_ID_HEADER, SESSION_STATE_HEADER } from "./lib/auth/request-context.ts";
import { env } from "./lib/env.ts";
import { contentSecurityPolicy, securityHeaders } from "./lib/http/security-headers.ts";
import { newRequestId } from "./lib/ids.ts";
import { loggerFor } from "./lib/logger.ts";

const SESSION_COOKIE = "wos-session";
// AuthKit's own header for the sealed session; withAuth() reads it.
const SEALED_SESSION_HEADER = "x-workos-session";

const log = loggerFor("session");

type Opened = { request: NextRequest; headers: Headers; unavailable: boolean };

/** The request under the portal's public address: AuthKit takes from it whether cookies are Secure, and where to return to. */
function publicRequest(request: NextRequest, origin: string, headers: Headers): NextRequest {
  return new NextRequest(new URL(request.nextUrl.pathname + request.nextUrl.search, origin), {
    headers,
    method: request.method,
  });
}

function withCookie(request: NextRequest, sealed: string | null): NextRequest {
  const headers = new Headers(request.headers);
  const others = request.cookies.getAll().filter(({ name }) => name !== SESSION_COOKIE);
  const all = sealed === null ? others : [...others, { name: SESSION_COOKIE, value: sealed }];
  headers.set("cookie", all.map(({ name, value }) => `${name}=${value}`).join("; "));
  return new NextRequest(request.url, { headers, method: request.method });
}

async function openSession(request: NextRequest, redirectUri: string): Promise<Opened> {
  let unavailable = false;
  const onSessionRefreshError = ({ error, isTransient }: { error?: unknown; isTransient: boolean }) => {
    unavailable = isTransient;
    if (isTransient) log.warn({ err: error }, "a session could not be refreshed: WorkOS cannot be reached");
  };
  const open = (from: NextRequest) => authkit(from, { redirectUri, onSessionRefreshError });
  try {
    return { request, headers: (await open(request)).headers, unavailable };
  } catch (error) {
    // A cookie that is not even a seal makes AuthKit throw: whoever sent it is simply not signed in.
    if (!request.cookies.has(SESSION_COOKIE)) throw error;
    const without = withCookie(request, null);
    return { request: without, headers: (await open(without)).headers, unavailable };
  }
}

/** Only a page may end the session in the browser: a request that lost a race for the refresh must not delete the winner's cookie. */
function keepCookieForRaces(request: NextRequest, headers: Headers): void {
  if (request.headers.get("accept")?.includes("text/html")) return;
  const kept = headers.getSetCookie().filter((cookie) => !cookie.startsWith(`${SESSION_COOKIE}=;`));
  headers.delete("set-cookie");
  for (const cookie of kept) headers.append("set-cookie", cookie);
}

export const proxy: NextMiddleware = async (request): Promise<NextResponse> => {
  const origin = portalOrigin(request.headers.get("host"));
  const https = origin.startsWith("https:");
  const requestId = newRequestId();
  const nonce = randomBytes(16).toString("base64");
  const policy = contentSecurityPolicy({
    nonce,
    workosOrigin: new URL(getWorkOS().baseURL).origin,
    https,
    developmentServer: env.NODE_ENV === "development",
  });

  const inner = new Headers(request.headers);
  inner.set(REQUEST_ID_HEADER, requestId);
  // Next takes the nonce for its own scripts from the policy in the request's headers.
  inner.set("content-security-policy", policy);
  inner.set(NONCE_HEADER, nonce);
  inner.delete(SESSION_STATE_HEADER);

  const opened = await openSession(publicRequest(request, origin, inner), `${origin}/callback`);
  let forwarded = opened.request;
  if (opened.unavailable) forwarded.headers.set(SESSION_STATE_HEADER, "unavailable");
  // After a refresh, routes that read the cookie themselves (switching organizations) must find the new one: the old is spent.
  const sealed = opened.headers.get(SEALED_SESSION_HEADER);
  if (sealed !== null && sealed !== forwarded.cookies.get(SESSION_COOKIE)?.value)
    forwarded = withCookie(forwarded, sealed);
  keepCookieForRaces(request, opened.headers);

  const response = handleAuthkitHeaders(forwarded, opened.headers);
  // Meant for Next's own cache in older versions; here it would only reach the browser.
  response.headers.delete("x-middleware-cache");
  response.headers.set("content-security-policy", policy);
  response.headers.set(REQUEST_ID_HEADER, requestId);
  for (const [name, value] of Object.entries(securityHeaders(https))) response.headers.set(name, value);
  return response;
};

export const config = {
  matcher: [
    "/((?!api/v1/|v1/|ofrep/|_next/static/|_next/image|examples/|fonts/|favicon\\.ico$|icon\\.svg$|llms\\.txt$|health$|ready$).*)",
  ],
};
