/**
 * What /login, /callback and /logout share: the request under the portal's public address, and cookies that fit it.
 */
import { cookies } from "next/headers";
import { NextRequest } from "next/server";
import { portalOrigin } from "./origin.ts";

const SESSION_COOKIE = "wos-session";
/** AuthKit keeps one verifier cookie for each sign-in that has begun and not ended. */
const VERIFIER_PREFIX = "wos-auth-verifier";
const MAX_VERIFIERS = 5;

/** The portal's origin as this browser sees it. */
export function originOf(request: NextRequest): string {
  return portalOrigin(request.headers.get("host"));
}

/** The same request under the public address: behind a proxy request.url names the listen address, and AuthKit derives `Secure` from it. */
export function underPublicAddress(request: NextRequest): NextRequest {
  const { pathname, search } = request.nextUrl;
  return new NextRequest(new URL(pathname + search, originOf(request)), { headers: request.headers });
}

/** Sets the verifier cookie again with the right `Secure`, and drops those of sign-ins that were given up: too many would be a 431. */
export async function tidyVerifierCookies(secure: boolean, before: ReadonlySet<string>): Promise<void> {
  const jar = await cookies();
  const verifiers = jar.getAll().filter(({ name }) => name.startsWith(VERIFIER_PREFIX));
  for (const { name, value } of verifiers) {
    if (!before.has(name)) {
      jar.set({ name, value, httpOnly: true, secure, sameSite: "lax", path: "/", maxAge: 600 });
    } else if (verifiers.length > MAX_VERIFIERS) {
      jar.delete({ name, path: "/", secure });
    }
  }
}

/**
 * Takes the verifier cookies that AuthKit expires in a response out of it and expires them through Next: when Next joins a response's cookies with
 * its own it loses `Max-Age=0`, and an empty cookie would stay in the browser.
 */
export async function expireVerifierCookies(response: Response, secure: boolean): Promise<void> {
  const jar = await cookies();
  const set = response.headers.getSetCookie();
  response.headers.delete("set-cookie");
  for (const cookie of set) {
    const name = cookie.slice(0, cookie.indexOf("="));
    if (name.startsWith(VERIFIER_PREFIX)) jar.delete({ name, path: "/", secure });
    else response.headers.append("set-cookie", cookie);
  }
}

/** The names of the cookies that the browser has sent. */
export async function cookieNames(): Promise<Set<string>> {
  return new Set((await cookies()).getAll().map(({ name }) => name));
}

/** Makes the browser forget session and sign-ins. */
export async function forgetSession(secure: boolean): Promise<void> {
  const jar = await cookies();
  jar.delete({ name: SESSION_COOKIE, path: "/", secure, httpOnly: true, sameSite: "lax" });
  for (const { name } of jar.getAll()) {
    if (name.startsWith(VERIFIER_PREFIX)) jar.delete({ name, path: "/", secure });
  }
}
