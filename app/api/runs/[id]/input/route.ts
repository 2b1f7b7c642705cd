/** What one run was given, byte for byte. */
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { RunInputSchema, RunParamsSchema } from "@/lib/runs/schema";
import { getRunInput } from "@/lib/runs/service";

export const GET = sessionRoute(
  { permission: "payloads:read", params: RunParamsSchema, response: RunInputSchema },
  ({ scope, params, request }) => getRunInput(scope, params.id, request.signal),
);

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });
