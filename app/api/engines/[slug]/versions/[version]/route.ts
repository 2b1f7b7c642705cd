import { EngineVersionDetailSchema, EngineVersionParamsSchema } from "@/lib/engines/schema";
import * as versions from "@/lib/engines/versions-service";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

export const GET = sessionRoute(
  { permission: "engines:manage", params: EngineVersionParamsSchema, response: EngineVersionDetailSchema },
  ({ scope, params }) => versions.getVersion(scope, params.slug, params.version),
);

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });
