/** How far one bulk operation of the organization is, whatever its environment. */
import { BulkOperationParamsSchema, BulkOperationSchema } from "@/lib/bulk-operations/schema";
import { getBulkOperation } from "@/lib/bulk-operations/service";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

export const GET = sessionRoute(
  { permission: "runs:read", params: BulkOperationParamsSchema, response: BulkOperationSchema },
  ({ scope, params }) => getBulkOperation(scope, params.id),
);

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });
