import { EnginePinListSchema } from "@/lib/engines/pin-schema";
import * as pins from "@/lib/engines/pins-service";
import { EngineParamsSchema } from "@/lib/engines/schema";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

export const GET = sessionRoute(
  { permission: "engines:read", params: EngineParamsSchema, response: EnginePinListSchema },
  ({ scope, params }) => pins.listPins(scope, params.slug),
);

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });
