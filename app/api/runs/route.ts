/** Runs of one environment, or of all; and sending one that was composed in the portal. */
import { acceptanceHeaders, submitRun } from "@/lib/hot-path/accept";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { ComposeRunSchema, submittedBody } from "@/lib/runs/portal-submission";
import { ListRunsQuerySchema, RunAcceptedSchema, RunPageSchema } from "@/lib/runs/schema";
import { listRuns } from "@/lib/runs/service";

export const GET = sessionRoute(
  { permission: "runs:read", environment: "read", query: ListRunsQuerySchema, response: RunPageSchema },
  ({ scope, environment, query }) => listRuns(environment === "all" ? scope : environment, query),
);

export const POST = sessionRoute(
  {
    permission: "runs:write",
    environment: "one",
    body: ComposeRunSchema,
    response: RunAcceptedSchema,
    status: 202,
  },
  async ({ environment, body, raw, request }) => {
    const acceptance = await submitRun({
      submitter: { kind: "scope", scope: environment, source: "portal" },
      engineSlug: body.engine,
      idempotencyKey: request.headers.get("idempotency-key") ?? undefined,
      body: submittedBody(raw),
    });
    const headers = { "cache-control": "no-store", ...acceptanceHeaders(acceptance) };
    return Response.json({ run_id: acceptance.runId, status: "PENDING" }, { status: 202, headers });
  },
);

export const { PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET, POST });
