/** /api/v1/environments: environments by a live key; a key of another environment sees its own. */
import * as environments from "../../environments/service.ts";
import {
  CreateEnvironmentSchema,
  EnvironmentPageSchema,
  EnvironmentSchema,
  ListEnvironmentsQuerySchema,
  UpdateEnvironmentSchema,
} from "../../environments/schema.ts";
import { type ApiOperation, operation } from "../operation.ts";

const tag = "Environments";

export const environmentOperations: readonly ApiOperation[] = [
  operation(
    {
      id: "listEnvironments",
      method: "GET",
      path: "/environments",
      tag,
      summary: "List environments",
      description:
        "In the order of their creation, live first. A key of another environment than live sees its own only.",
      permission: "environments:read",
      params: {},
      query: ListEnvironmentsQuerySchema,
      status: 200,
      response: EnvironmentPageSchema,
      errors: ["invalid_request"],
    },
    ({ scope, query }) => environments.listEnvironments(scope, query),
  ),
  operation(
    {
      id: "createEnvironment",
      method: "POST",
      path: "/environments",
      tag,
      summary: "Create an environment",
      permission: "environments:manage",
      liveKeyOnly: true,
      params: {},
      body: CreateEnvironmentSchema,
      exampleBody: { slug: "dev" },
      status: 201,
      response: EnvironmentSchema,
      errors: [
        "payload_too_large",
        "invalid_request",
        "invalid_slug",
        "slug_reserved",
        "slug_taken",
        "environment_limit_reached",
      ],
    },
    ({ scope, body }) => environments.createEnvironment(scope, body),
  ),
  operation(
    {
      id: "getEnvironment",
      method: "GET",
      path: "/environments/{slug}",
      tag,
      summary: "Get an environment",
      permission: "environments:read",
      params: { slug: "environment" },
      status: 200,
      response: EnvironmentSchema,
      errors: ["not_found"],
    },
    ({ scope, params }) => environments.getEnvironment(scope, params.slug),
  ),
  operation(
    {
      id: "updateEnvironment",
      method: "PATCH",
      path: "/environments/{slug}",
      tag,
      summary: "Pin engine versions",
      description:
        "What the body does not name stays as it is; null takes a pin away. A pin decides for runs that are sent from then on.",
      permission: "environments:manage",
      liveKeyOnly: true,
      params: { slug: "environment" },
      body: UpdateEnvironmentSchema,
      exampleBody: { pinned_engine_version: "1.x", engine_pins: { "loan-placement": "1.0" } },
      status: 200,
      response: EnvironmentSchema,
      errors: ["not_found", "payload_too_large", "invalid_request", "invalid_engine_version"],
    },
    ({ scope, params, body }) => environments.updateEnvironment(scope, params.slug, body),
    ({ scope, params }) => environments.findEnvironment(scope, params.slug),
  ),
  operation(
    {
      id: "deleteEnvironment",
      method: "DELETE",
      path: "/environments/{slug}",
      tag,
      summary: "Delete an environment",
      description:
        "Revokes its keys, deletes its webhooks and cancels its waiting runs. Its runs and usage stay. The slug can never be used again.",
      permission: "environments:manage",
      liveKeyOnly: true,
      params: { slug: "environment" },
      status: 204,
      errors: ["not_found", "invalid_request", "environment_protected"],
    },
    ({ scope, params }) => environments.removeEnvironment(scope, params.slug),
    ({ scope, params }) => environments.findEnvironment(scope, params.slug),
  ),
];
