/** New and changed runs of one environment, or of all, as server-sent events. */
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { streamRuns } from "@/lib/runs/live-stream-service";

export const GET = sessionRoute({ permission: "runs:read", environment: "read" }, ({ scope, environment, request }) =>
  streamRuns(environment === "all" ? scope : environment, request),
);

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });
