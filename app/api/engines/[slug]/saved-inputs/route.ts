/** Inputs that people have saved for an engine. */
import { findEngine } from "@/lib/engines/service";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";
import {
  CreateSavedInputSchema,
  ListSavedInputsQuerySchema,
  SavedInputDetailSchema,
  SavedInputPageSchema,
  SavedInputsParamsSchema,
} from "@/lib/saved-inputs/schema";
import { createSavedInput, listSavedInputs } from "@/lib/saved-inputs/service";

export const GET = sessionRoute(
  {
    permission: "payloads:read",
    params: SavedInputsParamsSchema,
    query: ListSavedInputsQuerySchema,
    response: SavedInputPageSchema,
  },
  ({ scope, params, query }) => listSavedInputs(scope, params.slug, query),
);

export const POST = sessionRoute(
  {
    permission: "runs:write",
    params: SavedInputsParamsSchema,
    body: CreateSavedInputSchema,
    response: SavedInputDetailSchema,
    status: 201,
    find: ({ scope, params }) => findEngine(scope, params.slug),
  },
  ({ scope, params, body }) => createSavedInput(scope, params.slug, body),
);

export const { PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET, POST });
