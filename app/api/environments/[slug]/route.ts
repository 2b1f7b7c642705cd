import { EnvironmentParamsSchema, EnvironmentSchema, UpdateEnvironmentSchema } from "@/lib/environments/schema";
import * as environments from "@/lib/environments/service";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

export const GET = sessionRoute(
  { permission: "environments:read", params: EnvironmentParamsSchema, response: EnvironmentSchema },
  ({ scope, params }) => environments.getEnvironment(scope, params.slug),
);

export const PATCH = sessionRoute(
  {
    permission: "environments:manage",
    params: EnvironmentParamsSchema,
    find: ({ scope, params }) => environments.findEnvironment(scope, params.slug),
    body: UpdateEnvironmentSchema,
    response: EnvironmentSchema,
  },
  ({ scope, params, body }) => environments.updateEnvironment(scope, params.slug, body),
);

export const DELETE = sessionRoute(
  {
    permission: "environments:manage",
    params: EnvironmentParamsSchema,
    find: ({ scope, params }) => environments.findEnvironment(scope, params.slug),
  },
  ({ scope, params }) => environments.removeEnvironment(scope, params.slug),
);

export const { POST, PUT, OPTIONS } = otherMethods({ GET, PATCH, DELETE });
