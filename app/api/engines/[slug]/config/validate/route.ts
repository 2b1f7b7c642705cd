import { ConfigValiditySchema, EngineParamsSchema, ValidateConfigSchema } from "@/lib/engines/schema";
import * as engines from "@/lib/engines/service";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

// A POST for its body's sake: it changes nothing, and asks the same whatever environment is being looked at.
export const POST = sessionRoute(
  {
    permission: "engines:manage",
    environment: "any",
    params: EngineParamsSchema,
    find: ({ scope, params }) => engines.findEngine(scope, params.slug),
    body: ValidateConfigSchema,
    response: ConfigValiditySchema,
  },
  ({ scope, params, body }) => engines.validateEngineConfig(scope, params.slug, body.config),
);

export const { GET, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ POST });
