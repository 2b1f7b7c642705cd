/** Deliveries to all webhook endpoints of one environment, or of all; or to one of them. */
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { DeliveryPageSchema, ListAllDeliveriesQuerySchema } from "@/lib/webhooks/deliveries-schema";
import { listDeliveries } from "@/lib/webhooks/deliveries-service";

export const GET = sessionRoute(
  {
    permission: "webhooks:read",
    environment: "read",
    query: ListAllDeliveriesQuerySchema,
    response: DeliveryPageSchema,
  },
  ({ scope, environment, query }) => listDeliveries(environment === "all" ? scope : environment, query),
);

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });
