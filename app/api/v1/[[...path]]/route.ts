/**
 * The bearer API inside Next, for hosts that have no server of their own. Where lib/server runs, it answers these paths before Next sees them.
 */
import { createApiApp } from "@/lib/api/app";
import { clientAddress } from "@/lib/http/client-address";

export const dynamic = "force-dynamic";

const app = createApiApp();

function handle(request: Request): Promise<Response> | Response {
  return app.fetch(request, { clientIp: clientAddress(undefined, request.headers.get("x-forwarded-for")) });
}

export {
  handle as GET,
  handle as HEAD,
  handle as POST,
  handle as PUT,
  handle as PATCH,
  handle as DELETE,
  handle as OPTIONS,
};
