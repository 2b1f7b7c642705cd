/** Sends one delivery again, now. */
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { DeliverySchema } from "@/lib/webhooks/deliveries-schema";
import { findDeliveryToResend, resendDelivery } from "@/lib/webhooks/deliveries-service";
import { DeliveryParamsSchema } from "@/lib/webhooks/schema";

export const POST = sessionRoute(
  {
    permission: "webhooks:manage",
    params: DeliveryParamsSchema,
    find: ({ within, params }) => findDeliveryToResend(within, params.id, params.delivery),
    response: DeliverySchema,
    status: 202,
  },
  ({ within, params }) => resendDelivery(within, params.id, params.delivery),
);

export const { GET, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ POST });
