/** One delivery with its attempts. */
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { DeliveryDetailSchema } from "@/lib/webhooks/deliveries-schema";
import { getDelivery } from "@/lib/webhooks/deliveries-service";
import { DeliveryParamsSchema } from "@/lib/webhooks/schema";

export const GET = sessionRoute(
  { permission: "webhooks:read", params: DeliveryParamsSchema, response: DeliveryDetailSchema },
  ({ scope, params }) => getDelivery(scope, params.id, params.delivery),
);

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });
