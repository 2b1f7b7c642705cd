/** Looks through a part of the runs of one environment, or of all, for a value; a POST, so that the value stands in no URL. */
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { RunSearchSchema, SearchRunsSchema } from "@/lib/runs/value-search-schema";
import { searchRuns } from "@/lib/runs/value-search-service";

export const POST = sessionRoute(
  { permission: "payloads:read", environment: "read", body: SearchRunsSchema, response: RunSearchSchema },
  ({ scope, environment, body, request }) =>
    searchRuns(environment === "all" ? scope : environment, body, request.signal),
);

export const { GET, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ POST });
