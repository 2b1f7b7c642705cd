import { EngineParamsSchema, EngineSchema } from "@/lib/engines/schema";
import * as engines from "@/lib/engines/service";
import { sessionRoute } from "@/lib/http/session-route";

export const GET = sessionRoute(
  { permission: "engines:read", params: EngineParamsSchema, response: EngineSchema },
  ({ scope, params }) => engines.getEngine(scope, params.slug),
);
