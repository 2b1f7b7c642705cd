/** One run of the organization, whatever its environment. */
import { sessionRoute } from "@/lib/http/session-route";
import { RunDetailSchema, RunParamsSchema } from "@/lib/runs/schema";
import { getRun } from "@/lib/runs/service";

export const GET = sessionRoute(
  { permission: "runs:read", params: RunParamsSchema, response: RunDetailSchema },
  ({ scope, params }) => getRun(scope, params.id),
);
