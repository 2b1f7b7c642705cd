import { ApiKeyParamsSchema, MintedKeySchema, RotateApiKeySchema } from "@/lib/api-keys/schema";
import * as apiKeys from "@/lib/api-keys/service";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

export const POST = sessionRoute(
  {
    permission: "api_keys:manage",
    params: ApiKeyParamsSchema,
    find: ({ within, params }) => apiKeys.findApiKey(within, params.id),
    body: RotateApiKeySchema,
    response: MintedKeySchema,
    status: 201,
  },
  ({ within, params, body }) => apiKeys.rotateApiKey(within, params.id, body),
);

export const { GET, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ POST });
