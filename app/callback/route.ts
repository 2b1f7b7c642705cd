/**
 * Where WorkOS sends the browser back to: exchanges the code for a session. Whatever goes wrong ends on a page that says so.
 */
import { NextResponse, type NextRequest } from "next/server";
import { handleAuth } from "@/lib/auth/authkit";
import { originOf, underPublicAddress } from "@/lib/auth/sign-in-routes";

/** The reason as /login/failed explains it; WorkOS's own words are kept out of the page. */
function reasonOf(request: NextRequest, error: unknown): string {
  if (request.nextUrl.searchParams.get("error") === "access_denied") return "access_denied";
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return code === "missing_pkce_cookie" || code === "oauth_state_mismatch" ? "expired" : "failed";
}

export async function GET(request: NextRequest): Promise<Response> {
  const origin = originOf(request);
  const complete = handleAuth({
    returnPathname: "/runs",
    baseURL: origin,
    onError: ({ error }) =>
      NextResponse.redirect(new URL(`/login/failed?reason=${reasonOf(request, error)}`, origin), 303),
  });
  return complete(underPublicAddress(request));
}
