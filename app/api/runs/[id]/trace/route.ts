/** The decision trace of one run, with its graph. */
import { RunTraceAnswerSchema, TraceQuerySchema } from "@/lib/engines/trace-schema";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { RunParamsSchema } from "@/lib/runs/schema";
import { getRunTrace, requireTracedRun } from "@/lib/runs/trace-service";

export const GET = sessionRoute(
  {
    permission: "payloads:read",
    params: RunParamsSchema,
    query: TraceQuerySchema,
    find: ({ scope, params }) => requireTracedRun(scope, params.id),
    response: RunTraceAnswerSchema,
  },
  ({ scope, params, query, request }) => getRunTrace(scope, params.id, query, request.signal),
);

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });
