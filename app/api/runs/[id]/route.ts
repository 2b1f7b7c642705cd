/** One run of the organization, whatever its environment. */
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { RunDetailSchema, RunParamsSchema } from "@/lib/runs/schema";
import { getRun } from "@/lib/runs/service";

export const GET = sessionRoute(
  { permission: "runs:read", params: RunParamsSchema, response: RunDetailSchema },
  ({ scope, params, request }) => getRun(scope, params.id, request.signal),
);

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });
