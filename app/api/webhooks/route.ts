/** Webhook endpoints of one environment, or of all, with how they have done. */
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { listEndpointsWithHealth } from "@/lib/webhooks/statistics-service";
import {
  CreatedEndpointSchema,
  CreateEndpointSchema,
  ListPortalEndpointsQuerySchema,
  PortalEndpointPageSchema,
} from "@/lib/webhooks/schema";
import { createEndpoint } from "@/lib/webhooks/service";

export const GET = sessionRoute(
  {
    permission: "webhooks:read",
    environment: "read",
    query: ListPortalEndpointsQuerySchema,
    response: PortalEndpointPageSchema,
  },
  ({ scope, environment, query }) => listEndpointsWithHealth(environment === "all" ? scope : environment, query),
);

export const POST = sessionRoute(
  {
    permission: "webhooks:manage",
    environment: "one",
    body: CreateEndpointSchema,
    response: CreatedEndpointSchema,
    status: 201,
  },
  ({ environment, body }) => createEndpoint(environment, body),
);

export const { PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET, POST });
