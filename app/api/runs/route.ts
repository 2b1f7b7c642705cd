/** Runs of one environment, or of all. */
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { ListRunsQuerySchema, RunPageSchema } from "@/lib/runs/schema";
import { listRuns } from "@/lib/runs/service";

export const GET = sessionRoute(
  { permission: "runs:read", environment: "read", query: ListRunsQuerySchema, response: RunPageSchema },
  ({ scope, environment, query }) => listRuns(environment === "all" ? scope : environment, query),
);

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });
