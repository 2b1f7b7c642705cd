/** One saved input of an engine: read with what is in it, renamed, overwritten, deleted. */
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import { SavedInputDetailSchema, SavedInputParamsSchema, UpdateSavedInputSchema } from "@/lib/saved-inputs/schema";
import { deleteSavedInput, getSavedInput, requireSavedInput, updateSavedInput } from "@/lib/saved-inputs/service";

export const GET = sessionRoute(
  { permission: "payloads:read", params: SavedInputParamsSchema, response: SavedInputDetailSchema },
  ({ scope, params }) => getSavedInput(scope, params.slug, params.id),
);

export const PATCH = sessionRoute(
  {
    permission: "runs:write",
    params: SavedInputParamsSchema,
    body: UpdateSavedInputSchema,
    response: SavedInputDetailSchema,
    find: ({ scope, params }) => requireSavedInput(scope, params.slug, params.id),
  },
  ({ scope, params, body }) => updateSavedInput(scope, params.slug, params.id, body),
);

export const DELETE = sessionRoute(
  {
    permission: "runs:write",
    params: SavedInputParamsSchema,
    find: ({ scope, params }) => requireSavedInput(scope, params.slug, params.id),
  },
  ({ scope, params }) => deleteSavedInput(scope, params.slug, params.id),
);

export const { POST, PUT, OPTIONS } = otherMethods({ GET, PATCH, DELETE });
