/** Sends everything again to a webhook endpoint that has failed since a time. */
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { recoverEndpoint } from "@/lib/webhooks/recovery-service";
import { EndpointParamsSchema, RecoveringSchema, RecoverSchema } from "@/lib/webhooks/schema";
import { findEndpoint } from "@/lib/webhooks/service";

export const POST = sessionRoute(
  {
    permission: "webhooks:manage",
    params: EndpointParamsSchema,
    find: ({ within, params }) => findEndpoint(within, params.id),
    body: RecoverSchema,
    response: RecoveringSchema,
    status: 202,
  },
  ({ within, params, body }) => recoverEndpoint(within, params.id, body),
);

export const { GET, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ POST });
