/**
 * /api/v1/engines: engines and their drafts. They are common to all environments, so that only keys of live change them: a key of
 * another environment would otherwise change what live does.
 */
import {
  ConfigValiditySchema,
  CreatedEngineSchema,
  CreateEngineSchema,
  EngineDraftSchema,
  EnginePageSchema,
  EngineSchema,
  ListEnginesQuerySchema,
  PutEngineDraftSchema,
  RotatedSecretSchema,
  RotateSecretSchema,
  UpdateEngineSchema,
  ValidateConfigSchema,
} from "../../engines/schema.ts";
import * as drafts from "../../engines/draft-service.ts";
import { rotateSecret } from "../../engines/secret-service.ts";
import * as engines from "../../engines/service.ts";
import { EngineTryResultSchema, TryEngineSchema } from "../../engines/try-schema.ts";
import { tryEngine } from "../../engines/try-service.ts";
import { type ApiOperation, operation } from "../operation.ts";

const tag = "Engines";
const params = { slug: "engine" } as const;
const EXAMPLE_CONFIG = {
  nodes: [
    { id: "in", type: "inputNode", name: "Input", position: { x: 0, y: 0 } },
    { id: "out", type: "outputNode", name: "Output", position: { x: 300, y: 0 } },
  ],
  edges: [{ id: "e1", sourceId: "in", targetId: "out", type: "edge" }],
};

export const engineOperations: readonly ApiOperation[] = [
  operation(
    {
      id: "listEngines",
      method: "GET",
      path: "/engines",
      tag,
      summary: "List engines",
      permission: "engines:read",
      params: {},
      query: ListEnginesQuerySchema,
      status: 200,
      response: EnginePageSchema,
      errors: ["invalid_request"],
    },
    ({ scope, query }) => engines.listEngines(scope, query),
  ),
  operation(
    {
      id: "createEngine",
      method: "POST",
      path: "/engines",
      tag,
      summary: "Create an engine",
      permission: "engines:manage",
      liveKeyOnly: true,
      params: {},
      body: CreateEngineSchema,
      exampleBody: { slug: "credit-check", name: "Credit check", type: "entity_analysis" },
      status: 201,
      response: CreatedEngineSchema,
      errors: ["payload_too_large", "invalid_request", "invalid_slug", "url_not_allowed", "slug_taken"],
    },
    ({ scope, body }) => engines.createEngine(scope, body),
  ),
  operation(
    {
      id: "getEngine",
      method: "GET",
      path: "/engines/{slug}",
      tag,
      summary: "Get an engine",
      permission: "engines:read",
      params,
      status: 200,
      response: EngineSchema,
      errors: ["not_found"],
    },
    ({ scope, params: { slug } }) => engines.getEngine(scope, slug),
  ),
  operation(
    {
      id: "updateEngine",
      method: "PATCH",
      path: "/engines/{slug}",
      tag,
      summary: "Change an engine's name, description or timeout",
      description: "What the body does not name stays as it is.",
      permission: "engines:manage",
      liveKeyOnly: true,
      params,
      body: UpdateEngineSchema,
      exampleBody: { timeout_ms: 10_000 },
      status: 200,
      response: EngineSchema,
      errors: ["not_found", "payload_too_large", "invalid_request"],
    },
    ({ scope, params: { slug }, body }) => engines.updateEngine(scope, slug, body),
    ({ scope, params: { slug } }) => engines.findEngine(scope, slug),
  ),
  operation(
    {
      id: "getEngineConfig",
      method: "GET",
      path: "/engines/{slug}/config",
      tag,
      summary: "Get the draft",
      permission: "engines:manage",
      params,
      status: 200,
      response: EngineDraftSchema,
      errors: ["not_found"],
    },
    ({ scope, params: { slug } }) => drafts.getDraft(scope, slug),
  ),
  operation(
    {
      id: "putEngineConfig",
      method: "PUT",
      path: "/engines/{slug}/config",
      tag,
      summary: "Replace the draft",
      description:
        "A draft may be invalid; publishing it may not. With `expected_updated_at` nobody's newer draft is overwritten.",
      permission: "engines:manage",
      liveKeyOnly: true,
      params,
      body: PutEngineDraftSchema,
      exampleBody: { config: EXAMPLE_CONFIG },
      status: 200,
      response: EngineDraftSchema,
      errors: ["not_found", "payload_too_large", "invalid_request", "url_not_allowed", "conflict"],
    },
    ({ scope, params: { slug }, body }) => drafts.putDraft(scope, slug, body),
    ({ scope, params: { slug } }) => engines.findEngine(scope, slug),
  ),
  operation(
    {
      id: "validateEngineConfig",
      method: "POST",
      path: "/engines/{slug}/config/validate",
      tag,
      summary: "Validate a config, or the draft",
      description: "Always 200; `problems` names the paths of what keeps it from being published.",
      permission: "engines:manage",
      params,
      body: ValidateConfigSchema,
      exampleBody: { config: EXAMPLE_CONFIG },
      status: 200,
      response: ConfigValiditySchema,
      errors: ["not_found", "payload_too_large", "invalid_request"],
    },
    ({ scope, params: { slug }, body }) => engines.validateEngineConfig(scope, slug, body.config),
    ({ scope, params: { slug } }) => engines.findEngine(scope, slug),
  ),
  operation(
    {
      id: "tryEngine",
      method: "POST",
      path: "/engines/{slug}/try",
      tag,
      summary: "Try a config, or the draft, on an input",
      description:
        "Evaluates at once, for 10 seconds at most, and answers with the result and its decision trace. Records no run and counts no usage.",
      permission: "engines:manage",
      params,
      body: TryEngineSchema,
      exampleBody: { config: EXAMPLE_CONFIG, input: { amount: 50_000 } },
      status: 200,
      response: EngineTryResultSchema,
      errors: ["not_found", "payload_too_large", "invalid_request", "unprocessable", "overloaded"],
    },
    ({ scope, params: { slug }, body, signal }) => tryEngine(scope, slug, body, signal),
    ({ scope, params: { slug } }) => engines.findEngine(scope, slug),
  ),
  operation(
    {
      id: "rotateEngineSecret",
      method: "POST",
      path: "/engines/{slug}/rotate-secret",
      tag,
      summary: "Replace the signing secret of an http engine",
      description:
        "The only answer that carries the new secret: store it. With 24h the old one signs beside it for that long; with now it ends at once: so does every other one that is kept. 409 where four old ones are.",
      permission: "engines:manage",
      liveKeyOnly: true,
      params: { slug: "http_engine" },
      body: RotateSecretSchema,
      exampleBody: { keep_old: "24h" },
      status: 200,
      response: RotatedSecretSchema,
      errors: ["not_found", "payload_too_large", "invalid_request", "conflict"],
    },
    ({ scope, params: { slug }, body }) => rotateSecret(scope, slug, body),
    ({ scope, params: { slug } }) => engines.findEngine(scope, slug),
  ),
];
