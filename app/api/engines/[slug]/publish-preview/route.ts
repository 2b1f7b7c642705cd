import { PublishPreviewSchema } from "@/lib/engines/diff-schema";
import * as diffs from "@/lib/engines/diff-service";
import { EngineParamsSchema } from "@/lib/engines/schema";
import { sessionRoute } from "@/lib/http/session-route";

export const GET = sessionRoute(
  { permission: "engines:manage", params: EngineParamsSchema, response: PublishPreviewSchema },
  ({ scope, params }) => diffs.previewPublication(scope, params.slug),
);
