/** One webhook endpoint of the organization, whatever its environment; read also when it is deleted. */
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { getEndpointWithHealth } from "@/lib/webhooks/statistics-service";
import {
  EndpointParamsSchema,
  EndpointSchema,
  PortalEndpointSchema,
  UpdateEndpointSchema,
} from "@/lib/webhooks/schema";
import { findEndpoint, removeEndpoint, updateEndpoint } from "@/lib/webhooks/service";

export const GET = sessionRoute(
  { permission: "webhooks:read", params: EndpointParamsSchema, response: PortalEndpointSchema },
  ({ scope, params }) => getEndpointWithHealth(scope, params.id),
);

export const PATCH = sessionRoute(
  {
    permission: "webhooks:manage",
    params: EndpointParamsSchema,
    find: ({ within, params }) => findEndpoint(within, params.id),
    body: UpdateEndpointSchema,
    response: EndpointSchema,
  },
  ({ within, params, body }) => updateEndpoint(within, params.id, body),
);

export const DELETE = sessionRoute(
  {
    permission: "webhooks:manage",
    params: EndpointParamsSchema,
    find: ({ within, params }) => findEndpoint(within, params.id),
  },
  ({ within, params }) => removeEndpoint(within, params.id),
);

export const { POST, PUT, OPTIONS } = otherMethods({ GET, PATCH, DELETE });
