/** /api/v1/environments/{slug}/keys: keys of other environments by a live key. */
import { CreateEnvironmentKeySchema, MintedEnvironmentKeySchema } from "../../api-keys/schema.ts";
import * as apiKeys from "../../api-keys/service.ts";
import { type ApiOperation, operation } from "../operation.ts";

export const apiKeyOperations: readonly ApiOperation[] = [
  operation(
    {
      id: "createEnvironmentKey",
      method: "POST",
      path: "/environments/{slug}/keys",
      tag: "API keys",
      summary: "Create an API key for an environment",
      description:
        "The only answer that carries the key: store it. The new key has the caller's scopes unless fewer are named. Keys of live are made in the portal.",
      permission: "api_keys:manage",
      liveKeyOnly: true,
      params: { slug: "environment" },
      body: CreateEnvironmentKeySchema,
      exampleBody: { name: "Dev integration", scopes: ["runs:write", "runs:read"] },
      status: 201,
      response: MintedEnvironmentKeySchema,
      errors: ["not_found", "payload_too_large", "invalid_request", "environment_protected"],
    },
    ({ scope, params, body }) => apiKeys.createEnvironmentKey(scope, params.slug, body),
    ({ scope, params }) => apiKeys.requireKeyTarget(scope, params.slug),
  ),
];
