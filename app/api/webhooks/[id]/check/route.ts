/** Tries how the receiver of a webhook endpoint takes good and bad requests. */
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { ReceiverCheckSchema } from "@/lib/webhooks/deliveries-schema";
import { checkReceiver } from "@/lib/webhooks/receiver-check-service";
import { EndpointParamsSchema } from "@/lib/webhooks/schema";
import { findEndpoint } from "@/lib/webhooks/service";

export const POST = sessionRoute(
  {
    permission: "webhooks:manage",
    params: EndpointParamsSchema,
    find: ({ within, params }) => findEndpoint(within, params.id),
    response: ReceiverCheckSchema,
  },
  ({ within, params, request }) => checkReceiver(within, params.id, request.signal),
);

export const { GET, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ POST });
