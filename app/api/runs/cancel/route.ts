/** Cancels the runs of one environment that fit a filter. */
import { BulkOperationSchema, CancelRunsSchema } from "@/lib/bulk-operations/schema";
import { startBulkCancel } from "@/lib/bulk-operations/service";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

export const POST = sessionRoute(
  {
    permission: "runs:write",
    environment: "one",
    body: CancelRunsSchema,
    response: BulkOperationSchema,
    status: 202,
  },
  ({ environment, body }) => startBulkCancel(environment, body),
);

export const { GET, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ POST });
