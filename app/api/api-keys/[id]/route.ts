import { ApiKeyParamsSchema } from "@/lib/api-keys/schema";
import * as apiKeys from "@/lib/api-keys/service";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

export const DELETE = sessionRoute(
  {
    permission: "api_keys:manage",
    params: ApiKeyParamsSchema,
    find: ({ within, params }) => apiKeys.findApiKey(within, params.id),
  },
  ({ within, params }) => apiKeys.removeApiKey(within, params.id),
);

export const { GET, POST, PUT, PATCH, OPTIONS } = otherMethods({ DELETE });
