/**
 * Ends the session, here and at WorkOS. A real form posts here: the browser itself must go to WorkOS and come back.
 */
import { NextResponse, type NextRequest } from "next/server";
import { getWorkOS, withAuth } from "@/lib/auth/authkit";
import { crossOriginProblem } from "@/lib/auth/origin";
import { REQUEST_ID_HEADER } from "@/lib/auth/request-context";
import { forgetSession, originOf } from "@/lib/auth/sign-in-routes";
import { ApiError } from "@/lib/errors";
import { errorResponse } from "@/lib/http/error-response";

export async function POST(request: NextRequest): Promise<Response> {
  const problem = crossOriginProblem(request.headers);
  if (problem !== null) {
    const refusal = new ApiError("forbidden", `Sign-out must come from the portal itself, not with ${problem}`);
    return errorResponse(refusal, request.headers.get(REQUEST_ID_HEADER) ?? "");
  }
  const origin = originOf(request);
  const { sessionId } = await withAuth();
  await forgetSession(origin.startsWith("https:"));
  const home = `${origin}/`;
  // 303: the browser must not post again where it is sent
  return NextResponse.redirect(
    sessionId === undefined ? home : getWorkOS().userManagement.getLogoutUrl({ sessionId, returnTo: home }),
    303,
  );
}
