/** /api/v1/runs/cancel and /api/v1/bulk-operations: canceling many runs, and how far that is. */
import {
  BulkOperationPageSchema,
  BulkOperationSchema,
  CancelRunsSchema,
  ListBulkOperationsQuerySchema,
} from "../../bulk-operations/schema.ts";
import * as bulkOperations from "../../bulk-operations/service.ts";
import { type ApiOperation, operation } from "../operation.ts";

const tag = "Runs";

export const bulkOperationOperations: readonly ApiOperation[] = [
  operation(
    {
      id: "cancelRuns",
      method: "POST",
      path: "/runs/cancel",
      tag,
      summary: "Cancel the runs of the key's environment that fit a filter",
      description:
        "Cancels what exists now and has not ended when its turn comes. Answers at once with a bulk operation, which tells how far it is.",
      permission: "runs:write",
      params: {},
      body: CancelRunsSchema,
      exampleBody: { filter: { status: ["PENDING"], engine: "loan-placement" } },
      status: 202,
      response: BulkOperationSchema,
      errors: ["payload_too_large", "invalid_request", "conflict"],
    },
    ({ scope, body }) => bulkOperations.startBulkCancel(scope, body),
  ),
  operation(
    {
      id: "listBulkOperations",
      method: "GET",
      path: "/bulk-operations",
      tag,
      summary: "List bulk operations of the key's environment, newest first",
      permission: "runs:read",
      params: {},
      query: ListBulkOperationsQuerySchema,
      status: 200,
      response: BulkOperationPageSchema,
      errors: ["invalid_request"],
    },
    ({ scope, query }) => bulkOperations.listBulkOperations(scope, query),
  ),
  operation(
    {
      id: "getBulkOperation",
      method: "GET",
      path: "/bulk-operations/{id}",
      tag,
      summary: "Get a bulk operation with its progress",
      permission: "runs:read",
      params: { id: "bulk_operation" },
      status: 200,
      response: BulkOperationSchema,
      errors: ["not_found"],
    },
    ({ scope, params }) => bulkOperations.getBulkOperation(scope, params.id),
  ),
  operation(
    {
      id: "stopBulkOperation",
      method: "POST",
      path: "/bulk-operations/{id}/stop",
      tag,
      summary: "Stop a bulk operation",
      description: "What it has done stays done.",
      permission: "runs:write",
      params: { id: "bulk_operation" },
      status: 200,
      response: BulkOperationSchema,
      errors: ["not_found", "payload_too_large", "invalid_request", "conflict"],
    },
    ({ scope, params }) => bulkOperations.stopBulkOperation(scope, params.id),
    ({ scope, params }) => bulkOperations.requireBulkOperation(scope, params.id),
  ),
];
