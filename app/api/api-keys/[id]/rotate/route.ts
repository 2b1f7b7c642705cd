import { ApiKeyParamsSchema, MintedKeySchema, RotateApiKeySchema } from "@/lib/api-keys/schema";
import * as apiKeys from "@/lib/api-keys/service";
import { sessionRoute } from "@/lib/http/session-route";

export const POST = sessionRoute(
  {
    permission: "api_keys:manage",
    params: ApiKeyParamsSchema,
    find: ({ scope, params }) => apiKeys.findApiKey(scope, params.id),
    body: RotateApiKeySchema,
    response: MintedKeySchema,
    status: 201,
  },
  ({ scope, params, body }) => apiKeys.rotateApiKey(scope, params.id, body),
);
