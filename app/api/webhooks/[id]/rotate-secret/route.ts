/** Replaces the signing secret of a webhook endpoint. */
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { EndpointParamsSchema, RotatedEndpointSecretSchema, RotateEndpointSecretSchema } from "@/lib/webhooks/schema";
import { findEndpoint, rotateSecret } from "@/lib/webhooks/service";

export const POST = sessionRoute(
  {
    permission: "webhooks:manage",
    params: EndpointParamsSchema,
    find: ({ within, params }) => findEndpoint(within, params.id),
    body: RotateEndpointSecretSchema,
    response: RotatedEndpointSecretSchema,
  },
  ({ within, params, body }) => rotateSecret(within, params.id, body),
);

export const { GET, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ POST });
