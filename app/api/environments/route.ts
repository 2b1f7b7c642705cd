import { CreateEnvironmentSchema, EnvironmentListSchema, EnvironmentSchema } from "@/lib/environments/schema";
import * as environments from "@/lib/environments/service";
import { otherMethods } from "@/lib/http/other-methods";
import { sessionRoute } from "@/lib/http/session-route";

export const GET = sessionRoute({ permission: "environments:read", response: EnvironmentListSchema }, ({ scope }) =>
  environments.listAllEnvironments(scope),
);

export const POST = sessionRoute(
  {
    permission: "api_keys:manage",
    environment: "any",
    body: CreateEnvironmentSchema,
    response: EnvironmentSchema,
    status: 201,
  },
  ({ scope, body }) => environments.createEnvironment(scope, body),
);

export const { PUT, PATCH, DELETE, OPTIONS } = otherMethods({ GET, POST });
