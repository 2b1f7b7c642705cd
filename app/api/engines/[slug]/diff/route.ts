import { DiffQuerySchema, EngineDiffSchema } from "@/lib/engines/diff-schema";
import * as diffs from "@/lib/engines/diff-service";
import { EngineParamsSchema } from "@/lib/engines/schema";
import * as engines from "@/lib/engines/service";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

export const GET = sessionRoute(
  {
    permission: "engines:manage",
    params: EngineParamsSchema,
    find: ({ scope, params }) => engines.findEngine(scope, params.slug),
    query: DiffQuerySchema,
    response: EngineDiffSchema,
  },
  ({ scope, params, query }) => diffs.diffEngine(scope, params.slug, query),
);

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });
