/** How far one bulk operation of the organization is, whatever its environment. */
import { BulkOperationParamsSchema, BulkOperationSchema } from "@/lib/bulk-operations/schema";
import { getBulkOperation } from "@/lib/bulk-operations/service";
import { sessionRoute } from "@/lib/http/session-route";

export const GET = sessionRoute(
  { permission: "runs:read", params: BulkOperationParamsSchema, response: BulkOperationSchema },
  ({ scope, params }) => getBulkOperation(scope, params.id),
);
