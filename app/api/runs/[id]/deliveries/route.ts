/** The webhook deliveries of one run. */
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { requireRun } from "@/lib/runs/service";
import { RunParamsSchema } from "@/lib/runs/schema";
import { DeliveryPageSchema, ListRunDeliveriesQuerySchema } from "@/lib/webhooks/deliveries-schema";
import { listRunDeliveries } from "@/lib/webhooks/deliveries-service";

export const GET = sessionRoute(
  {
    permission: "webhooks:read",
    params: RunParamsSchema,
    find: ({ scope, params }) => requireRun(scope, params.id),
    query: ListRunDeliveriesQuerySchema,
    response: DeliveryPageSchema,
  },
  ({ scope, params, query }) => listRunDeliveries(scope, params.id, query),
);

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });
