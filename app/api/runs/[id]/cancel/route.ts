/** Cancels a run that has not ended. */
import { sessionRoute } from "@/lib/http/session-route";
import { RunDetailSchema, RunParamsSchema } from "@/lib/runs/schema";
import { cancelRun, requireRun } from "@/lib/runs/service";

export const POST = sessionRoute(
  {
    permission: "runs:write",
    params: RunParamsSchema,
    response: RunDetailSchema,
    find: ({ scope, params }) => requireRun(scope, params.id),
  },
  ({ scope, params }) => cancelRun(scope, params.id),
);
