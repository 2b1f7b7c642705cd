/** Sends a ping to a webhook endpoint. */
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { pingEndpoint } from "@/lib/webhooks/deliveries-service";
import { EndpointParamsSchema, PingSentSchema } from "@/lib/webhooks/schema";
import { findEndpoint } from "@/lib/webhooks/service";

export const POST = sessionRoute(
  {
    permission: "webhooks:manage",
    params: EndpointParamsSchema,
    find: ({ within, params }) => findEndpoint(within, params.id),
    response: PingSentSchema,
    status: 202,
  },
  ({ within, params }) => pingEndpoint(within, params.id),
);

export const { GET, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ POST });
