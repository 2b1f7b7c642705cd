/** /api/v1/engines/{slug}/versions: what has been published of an engine, how versions differ, and publishing. Keys of live publish, as they write drafts. */
import { DiffQuerySchema, EngineDiffSchema, PublishPreviewSchema } from "../../engines/diff-schema.ts";
import * as diffs from "../../engines/diff-service.ts";
import {
  EngineVersionDetailSchema,
  EngineVersionPageSchema,
  EngineVersionSchema,
  ListVersionsQuerySchema,
  PublishEngineSchema,
} from "../../engines/schema.ts";
import * as engines from "../../engines/service.ts";
import * as versions from "../../engines/versions-service.ts";
import { type ApiOperation, operation } from "../operation.ts";

const tag = "Engines";
const params = { slug: "engine" } as const;

export const engineVersionOperations: readonly ApiOperation[] = [
  operation(
    {
      id: "listEngineVersions",
      method: "GET",
      path: "/engines/{slug}/versions",
      tag,
      summary: "List published versions",
      description: "Newest first.",
      permission: "engines:read",
      params,
      query: ListVersionsQuerySchema,
      status: 200,
      response: EngineVersionPageSchema,
      errors: ["not_found", "invalid_request"],
    },
    ({ scope, params: { slug }, query }) => versions.listVersions(scope, slug, query),
    ({ scope, params: { slug } }) => engines.findEngine(scope, slug),
  ),
  operation(
    {
      id: "publishEngineVersion",
      method: "POST",
      path: "/engines/{slug}/versions",
      tag,
      summary: "Publish the draft",
      description:
        "Validates the draft and mints the next version; the first is 1.0. A published version never changes.",
      permission: "engines:manage",
      liveKeyOnly: true,
      params,
      body: PublishEngineSchema,
      exampleBody: { changelog: "Accepts companies younger than a year" },
      status: 201,
      response: EngineVersionSchema,
      errors: ["not_found", "payload_too_large", "invalid_request", "unprocessable", "conflict"],
    },
    ({ scope, params: { slug }, body }) => versions.publishVersion(scope, slug, body),
    ({ scope, params: { slug } }) => engines.findEngine(scope, slug),
  ),
  operation(
    {
      id: "getEngineVersion",
      method: "GET",
      path: "/engines/{slug}/versions/{version}",
      tag,
      summary: "Get a published version with its config",
      permission: "engines:manage",
      params: { slug: "engine", version: "engine_version" },
      status: 200,
      response: EngineVersionDetailSchema,
      errors: ["not_found"],
    },
    ({ scope, params: { slug, version } }) => versions.getVersion(scope, slug, version),
  ),
  operation(
    {
      id: "previewEnginePublication",
      method: "GET",
      path: "/engines/{slug}/publish-preview",
      tag,
      summary: "Look at what publishing the draft would do",
      description:
        "Whether the draft is valid, the version that it would become and why, and what differs from the newest one. Publish with its `draft_updated_at` as `expected_updated_at`, and nothing else is published.",
      permission: "engines:manage",
      params,
      status: 200,
      response: PublishPreviewSchema,
      errors: ["not_found", "overloaded"],
    },
    ({ scope, params: { slug } }) => diffs.previewPublication(scope, slug),
  ),
  operation(
    {
      id: "diffEngine",
      method: "GET",
      path: "/engines/{slug}/diff",
      tag,
      summary: "Compare two versions, or a version and the draft",
      description:
        "What changed, node by node, and whether callers of `from` could go on with `to`. By default from the newest version to the draft.",
      permission: "engines:manage",
      params,
      query: DiffQuerySchema,
      status: 200,
      response: EngineDiffSchema,
      errors: ["not_found", "invalid_request"],
    },
    ({ scope, params: { slug }, query }) => diffs.diffEngine(scope, slug, query),
    ({ scope, params: { slug } }) => engines.findEngine(scope, slug),
  ),
];
