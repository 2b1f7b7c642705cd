import { ApiKeyPageSchema, CreateApiKeySchema, ListApiKeysQuerySchema, MintedKeySchema } from "@/lib/api-keys/schema";
import * as apiKeys from "@/lib/api-keys/service";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

export const GET = sessionRoute(
  { permission: "api_keys:read", environment: "read", query: ListApiKeysQuerySchema, response: ApiKeyPageSchema },
  ({ scope, environment, query }) => apiKeys.listApiKeys(scope, environment, query),
);

export const POST = sessionRoute(
  { permission: "api_keys:manage", body: CreateApiKeySchema, response: MintedKeySchema, status: 201 },
  ({ within, body }) => apiKeys.createApiKey(within, body),
);

export const { PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET, POST });
