import { EngineVersionDetailSchema, EngineVersionParamsSchema } from "@/lib/engines/schema";
import * as versions from "@/lib/engines/versions-service";
import { sessionRoute } from "@/lib/http/session-route";

export const GET = sessionRoute(
  { permission: "engines:read", params: EngineVersionParamsSchema, response: EngineVersionDetailSchema },
  ({ scope, params }) => versions.getVersion(scope, params.slug, params.version),
);
