/**
 * Where the portal is, as seen by this request, and whether a cookie-authed write comes from its own pages.
 *
 * Next does not know its public address behind a proxy (request.url names the listen address), and its own Origin check covers Server Actions only.
 */
import { type Env, env, isDevelopment, platformUrl } from "../env.ts";

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/;

/**
 * The portal's origin: PLATFORM_URL's, but in development the loopback name under which the browser came, so that localhost and
 * 127.0.0.1 both work (their cookies are not shared).
 */
export function portalOrigin(host: string | null, e: Env = env): string {
  const configured = new URL(platformUrl(e));
  if (host !== null && LOOPBACK.test(host) && isDevelopment(e)) return `${configured.protocol}//${host}`;
  return configured.origin;
}

/**
 * Why a write that carries the session cookie must be refused as coming from elsewhere, or null. A request without `Origin` and
 * `Sec-Fetch-Site` is a program such as curl, which holds its cookie on purpose: it passes.
 */
export function crossOriginProblem(headers: Headers, e: Env = env): string | null {
  const origin = headers.get("origin");
  if (origin !== null && origin !== portalOrigin(headers.get("host"), e)) return `the Origin ${origin.slice(0, 100)}`;
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") return `Sec-Fetch-Site ${site.slice(0, 20)}`;
  return null;
}

const SIGN_IN_PATHS = /^\/(login|logout|callback|switch-organization|api)(\/|$)/;

/** A path of the portal to return to after sign-in, with its query; undefined for what leads elsewhere, or back into the sign-in. */
export function safeReturnTo(text: string | null | undefined): string | undefined {
  if (!text?.startsWith("/") || text.length > 2_000) return undefined;
  const base = "http://portal.invalid";
  if (!URL.canParse(text, base)) return undefined;
  const url = new URL(text, base);
  // `//host`, `/\host` and tabs or line breaks inside them all parse to another origin
  if (url.origin !== base || SIGN_IN_PATHS.test(url.pathname)) return undefined;
  const path = url.pathname + url.search;
  // `/.//host` is a path of ours until a browser reads its shortened form `//host`, which names another host
  if (path.startsWith("//") || new URL(path, base).href !== base + path) return undefined;
  return path;
}

/** The address that begins a sign-in and comes back to a path. */
export function loginHref(returnTo: string | null | undefined): string {
  const path = safeReturnTo(returnTo);
  return path === undefined || path === "/" ? "/login" : `/login?${new URLSearchParams({ return_to: path })}`;
}
