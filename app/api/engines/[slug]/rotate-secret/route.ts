import { EngineParamsSchema, RotatedSecretSchema, RotateSecretSchema } from "@/lib/engines/schema";
import { rotateSecret } from "@/lib/engines/secret-service";
import { findEngine } from "@/lib/engines/service";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

export const POST = sessionRoute(
  {
    permission: "engines:manage",
    params: EngineParamsSchema,
    find: ({ scope, params }) => findEngine(scope, params.slug),
    body: RotateSecretSchema,
    response: RotatedSecretSchema,
  },
  ({ scope, params, body }) => rotateSecret(scope, params.slug, body),
);

export const { GET, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ POST });
