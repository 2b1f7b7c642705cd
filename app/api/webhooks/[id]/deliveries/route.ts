/** Deliveries to one webhook endpoint, deleted or not. */
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { DeliveryPageSchema, ListDeliveriesQuerySchema } from "@/lib/webhooks/deliveries-schema";
import { listEndpointDeliveries } from "@/lib/webhooks/deliveries-service";
import { EndpointParamsSchema } from "@/lib/webhooks/schema";
import { findEndpoint } from "@/lib/webhooks/service";

export const GET = sessionRoute(
  {
    permission: "webhooks:read",
    params: EndpointParamsSchema,
    find: ({ scope, params }) => findEndpoint(scope, params.id, { deleted: true }),
    query: ListDeliveriesQuerySchema,
    response: DeliveryPageSchema,
  },
  ({ scope, params, query }) => listEndpointDeliveries(scope, params.id, query),
);

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });
