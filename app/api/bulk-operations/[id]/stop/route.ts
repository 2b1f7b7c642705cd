/** Stops a bulk operation that has not ended. */
import { BulkOperationParamsSchema, BulkOperationSchema } from "@/lib/bulk-operations/schema";
import { requireBulkOperation, stopBulkOperation } from "@/lib/bulk-operations/service";
import { sessionRoute } from "@/lib/http/session-route";

export const POST = sessionRoute(
  {
    permission: "runs:write",
    params: BulkOperationParamsSchema,
    response: BulkOperationSchema,
    find: ({ within, params }) => requireBulkOperation(within, params.id),
  },
  ({ within, params }) => stopBulkOperation(within, params.id),
);
