import {
  CreatedEngineSchema,
  CreateEngineSchema,
  EnginePageSchema,
  ListEnginesQuerySchema,
} from "@/lib/engines/schema";
import * as engines from "@/lib/engines/service";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

export const GET = sessionRoute(
  { permission: "engines:read", query: ListEnginesQuerySchema, response: EnginePageSchema },
  ({ scope, query }) => engines.listEngines(scope, query),
);

export const POST = sessionRoute(
  { permission: "engines:manage", body: CreateEngineSchema, response: CreatedEngineSchema, status: 201 },
  ({ scope, body }) => engines.createEngine(scope, body),
);

export const { PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET, POST });
