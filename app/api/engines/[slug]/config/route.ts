import * as drafts from "@/lib/engines/draft-service";
import { EngineDraftSchema, EngineParamsSchema, PutEngineDraftSchema } from "@/lib/engines/schema";
import * as engines from "@/lib/engines/service";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

export const GET = sessionRoute(
  { permission: "engines:manage", params: EngineParamsSchema, response: EngineDraftSchema },
  ({ scope, params }) => drafts.getDraft(scope, params.slug),
);

export const PUT = sessionRoute(
  {
    permission: "engines:manage",
    params: EngineParamsSchema,
    find: ({ scope, params }) => engines.findEngine(scope, params.slug),
    body: PutEngineDraftSchema,
    response: EngineDraftSchema,
  },
  ({ scope, params, body }) => drafts.putDraft(scope, params.slug, body),
);

export const { POST, PATCH, DELETE, OPTIONS } = otherMethods({ GET, PUT });
