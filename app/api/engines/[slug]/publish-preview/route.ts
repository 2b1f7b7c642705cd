import { PublishPreviewSchema } from "@/lib/engines/diff-schema";
import * as diffs from "@/lib/engines/diff-service";
import { EngineParamsSchema } from "@/lib/engines/schema";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

export const GET = sessionRoute(
  { permission: "engines:manage", params: EngineParamsSchema, response: PublishPreviewSchema },
  ({ scope, params }) => diffs.previewPublication(scope, params.slug),
);

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET });
