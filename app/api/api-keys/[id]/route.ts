import { ApiKeyParamsSchema } from "@/lib/api-keys/schema";
import * as apiKeys from "@/lib/api-keys/service";
import { sessionRoute } from "@/lib/http/session-route";

export const DELETE = sessionRoute(
  {
    permission: "api_keys:manage",
    params: ApiKeyParamsSchema,
    find: ({ scope, params }) => apiKeys.findApiKey(scope, params.id),
  },
  ({ scope, params }) => apiKeys.removeApiKey(scope, params.id),
);
