import {
  EngineParamsSchema,
  EngineVersionPageSchema,
  EngineVersionSchema,
  ListVersionsQuerySchema,
  PublishEngineSchema,
} from "@/lib/engines/schema";
import * as engines from "@/lib/engines/service";
import * as versions from "@/lib/engines/versions-service";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

export const GET = sessionRoute(
  {
    permission: "engines:read",
    params: EngineParamsSchema,
    find: ({ scope, params }) => engines.findEngine(scope, params.slug),
    query: ListVersionsQuerySchema,
    response: EngineVersionPageSchema,
  },
  ({ scope, params, query }) => versions.listVersions(scope, params.slug, query),
);

export const POST = sessionRoute(
  {
    permission: "engines:manage",
    params: EngineParamsSchema,
    find: ({ scope, params }) => engines.findEngine(scope, params.slug),
    body: PublishEngineSchema,
    response: EngineVersionSchema,
    status: 201,
  },
  ({ scope, params, body }) => versions.publishVersion(scope, params.slug, body),
);

export const { PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET, POST });
