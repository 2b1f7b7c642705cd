/** Tries a config, or the draft, on an input. */
import { EngineParamsSchema } from "@/lib/engines/schema";
import * as engines from "@/lib/engines/service";
import { EngineTryResultSchema, TryEngineSchema } from "@/lib/engines/try-schema";
import { tryEngine } from "@/lib/engines/try-service";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

// A POST for its body's sake: it records nothing, and comes to the same whatever environment is being looked at.
export const POST = sessionRoute(
  {
    permission: "engines:manage",
    environment: "any",
    params: EngineParamsSchema,
    find: ({ scope, params }) => engines.findEngine(scope, params.slug),
    body: TryEngineSchema,
    response: EngineTryResultSchema,
  },
  ({ scope, params, body, request }) => tryEngine(scope, params.slug, body, request.signal),
);

export const { GET, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ POST });
