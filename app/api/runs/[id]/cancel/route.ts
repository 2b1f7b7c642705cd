/** Cancels a run that has not ended. */
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { RunDetailSchema, RunParamsSchema } from "@/lib/runs/schema";
import { cancelRun, requireRun } from "@/lib/runs/service";

export const POST = sessionRoute(
  {
    permission: "runs:write",
    params: RunParamsSchema,
    response: RunDetailSchema,
    find: ({ within, params }) => requireRun(within, params.id),
  },
  ({ within, params }) => cancelRun(within, params.id),
);

export const { GET, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ POST });
