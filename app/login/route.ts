/**
 * Begins a sign-in at WorkOS: `login_hint` and `organization_id` are passed on, `return_to` is a path of the portal to come back to.
 * Whoever is signed in already and asks for nothing in particular is sent straight on.
 */
import { NextResponse, type NextRequest } from "next/server";
import { getSignInUrl, withAuth } from "@/lib/auth/authkit";
import { safeReturnTo } from "@/lib/auth/origin";
import { cookieNames, originOf, tidyVerifierCookies } from "@/lib/auth/sign-in-routes";

const HOME = "/";

export async function GET(request: NextRequest): Promise<Response> {
  // A fetch cannot follow to WorkOS. Next's router, which fetches pages, then navigates here as a browser does.
  if (request.headers.get("sec-fetch-dest") === "empty") return new Response(null, { status: 204 });
  const query = request.nextUrl.searchParams;
  const returnTo = safeReturnTo(query.get("return_to")) ?? HOME;
  const loginHint = query.get("login_hint") || undefined;
  const organizationId = query.get("organization_id") || undefined;
  const origin = originOf(request);
  if (loginHint === undefined && organizationId === undefined) {
    const { user } = await withAuth();
    if (user) return NextResponse.redirect(new URL(returnTo, origin));
  }
  const before = await cookieNames();
  const url = await getSignInUrl({
    returnTo,
    ...(loginHint === undefined ? {} : { loginHint }),
    ...(organizationId === undefined ? {} : { organizationId }),
  });
  await tidyVerifierCookies(origin.startsWith("https:"), before);
  return NextResponse.redirect(url);
}
