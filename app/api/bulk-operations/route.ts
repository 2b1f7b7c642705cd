/** Bulk operations of one environment, or of all. */
import { BulkOperationPageSchema, ListBulkOperationsQuerySchema } from "@/lib/bulk-operations/schema";
import { listBulkOperations } from "@/lib/bulk-operations/service";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

export const GET = sessionRoute(
  {
    permission: "runs:read",
    environment: "read",
    query: ListBulkOperationsQuerySchema,
    response: BulkOperationPageSchema,
  },
  ({ scope, environment, query }) => listBulkOperations(environment === "all" ? scope : environment, query),
);

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });
