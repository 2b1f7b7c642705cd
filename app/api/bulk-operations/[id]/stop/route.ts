/** Stops a bulk operation that has not ended. */
import { BulkOperationParamsSchema, BulkOperationSchema } from "@/lib/bulk-operations/schema";
import { requireBulkOperation, stopBulkOperation } from "@/lib/bulk-operations/service";
import { otherMethods } from "@/lib/http/other-methods";
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

export const { GET, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ POST });
