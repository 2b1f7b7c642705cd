/**
 * Where WorkOS sends the browser back to: exchanges the code for a session. Whatever goes wrong ends on a page that says so.
 */
import { NextResponse, type NextRequest } from "next/server";
import { handleAuth } from "@/lib/auth/authkit";
import { expireVerifierCookies, originOf, underPublicAddress } from "@/lib/auth/sign-in-routes";

/** The reason as /login/failed explains it; WorkOS's own words are kept out of the page. */
function reasonOf(error: unknown): string {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return code === "missing_pkce_cookie" || code === "oauth_state_mismatch" ? "expired" : "failed";
}

function failed(origin: string, reason: string): Response {
  return NextResponse.redirect(new URL(`/login/failed?reason=${reason}`, origin), 303);
}

export async function GET(request: NextRequest): Promise<Response> {
  const origin = originOf(request);
  const refusal = request.nextUrl.searchParams.get("error");
  if (refusal !== null) return failed(origin, refusal === "access_denied" ? refusal : "failed");
  const complete = handleAuth({
    returnPathname: "/",
    baseURL: origin,
    onError: ({ error }) => failed(origin, reasonOf(error)),
  });
  const response = await complete(underPublicAddress(request));
  await expireVerifierCookies(response, origin.startsWith("https:"));
  return response;
}
