import { EngineParamsSchema, EngineSchema, UpdateEngineSchema } from "@/lib/engines/schema";
import * as engines from "@/lib/engines/service";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

export const GET = sessionRoute(
  { permission: "engines:read", params: EngineParamsSchema, response: EngineSchema },
  ({ scope, params }) => engines.getEngine(scope, params.slug),
);

export const PATCH = sessionRoute(
  {
    permission: "engines:manage",
    params: EngineParamsSchema,
    find: ({ scope, params }) => engines.findEngine(scope, params.slug),
    body: UpdateEngineSchema,
    response: EngineSchema,
  },
  ({ scope, params, body }) => engines.updateEngine(scope, params.slug, body),
);

export const { POST, PUT, DELETE, OPTIONS } = otherMethods({ GET, PATCH });
