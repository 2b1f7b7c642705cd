/** Engines on the wire: portal routes and public API share these shapes. */
import { z } from "zod";
import { pageOf, pageQuery } from "../page.ts";
import { oneLine, someLines } from "../plain-text.ts";
import { GRAPH_PROBLEM_CODES } from "./decision-graph.ts";
import { HTTP_PROBLEM_CODES } from "./http-config-schema.ts";

export const ENGINE_TYPES = ["placement", "entity_analysis", "http"] as const;

export const EngineTypeSchema = z.enum(ENGINE_TYPES);

/** Longest time one run may take, in milliseconds. */
const timeoutMs = z.int().min(100).max(600_000);

/** A draft may be anything that is a JSON object; `validate` says what keeps it from being published. */
export const EngineConfigSchema = z.looseObject({}).meta({
  id: "EngineConfig",
  description:
    "A decision graph in the open JSON Decision Model: {nodes, edges}; of an http engine {url, callback_timeout_ms?, headers?}",
});

export const EngineSchema = z
  .strictObject({
    id: z.uuid(),
    slug: z.string(),
    name: z.string(),
    description: z.string(),
    type: EngineTypeSchema,
    timeout_ms: z.int(),
    /** Null until something is published. */
    latest_version: z.string().nullable(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: "Engine" });

/** What a creation answers: the signing secret of an `http` engine is in this answer only. */
export const CreatedEngineSchema = EngineSchema.extend({
  secret: z.string().optional().meta({ description: "Of an http engine: whsec_…, shown here only" }),
}).meta({ id: "CreatedEngine" });

/** The old secret signs beside the new one for 24 hours, or ends at once. */
export const RotateSecretSchema = z
  .strictObject({ keep_old: z.enum(["24h", "now"]) })
  .meta({ id: "RotateEngineSecret" });

export const RotatedSecretSchema = z
  .strictObject({
    secret: z.string().meta({ description: "The new one, shown here only" }),
    /** Null where it has ended. */
    old_secret_expires_at: z.iso.datetime().nullable(),
  })
  .meta({ id: "RotatedEngineSecret" });

/** The slug's own rule is checked by the service, because its refusals have codes of their own. */
export const CreateEngineSchema = z
  .strictObject({
    slug: z.string().meta({ description: "3 to 50 of a–z, 0–9 and -; permanent", example: "loan-placement" }),
    name: oneLine(80),
    description: someLines(2_000).optional(),
    type: EngineTypeSchema,
    timeout_ms: timeoutMs.optional(),
    config: EngineConfigSchema.optional(),
  })
  .meta({ id: "CreateEngine" });

export const UpdateEngineSchema = z
  .strictObject({
    name: oneLine(80).optional(),
    description: someLines(2_000).optional(),
    timeout_ms: timeoutMs.optional(),
  })
  .meta({ id: "UpdateEngine" });

/** What the path names; anything that is not one is looked up and not found. */
export const EngineParamsSchema = z.strictObject({ slug: z.string() });
export const EngineVersionParamsSchema = z.strictObject({ slug: z.string(), version: z.string() });
export const ListEnginesQuerySchema = z.strictObject({ ...pageQuery });
export const EnginePageSchema = pageOf(EngineSchema).meta({ id: "EnginePage" });

/** The draft; null until one is put. */
export const EngineDraftSchema = z
  .strictObject({
    config: z.union([EngineConfigSchema, z.null()]),
    /** Of the draft itself: unlike the engine's, a new name does not change it. */
    updated_at: z.iso.datetime(),
    updated_by: z.string().nullable(),
  })
  .meta({ id: "EngineDraft" });

const expectedUpdatedAt = z.iso
  .datetime()
  .optional()
  .meta({ description: "updated_at of the draft that this started from; 409 where it has changed since" });

export const PutEngineDraftSchema = z
  .strictObject({ config: EngineConfigSchema, expected_updated_at: expectedUpdatedAt })
  .meta({ id: "PutEngineDraft" });

/** Without `config` the draft is validated. */
export const ValidateConfigSchema = z
  .strictObject({ config: EngineConfigSchema.optional() })
  .meta({ id: "ValidateEngineConfig" });

/** `path` is within the config, such as `nodes[2].content.rules[0].amount`, and empty for the config as a whole. */
export const ConfigProblemSchema = z.strictObject({
  path: z.string(),
  code: z.enum([...GRAPH_PROBLEM_CODES, ...HTTP_PROBLEM_CODES, "draft_missing"]),
  message: z.string(),
  node_id: z.string().optional(),
});
export const ConfigValiditySchema = z
  .strictObject({ valid: z.boolean(), problems: z.array(ConfigProblemSchema) })
  .meta({ id: "EngineConfigValidity" });

export const PublishEngineSchema = z
  .strictObject({ changelog: someLines(10_000).optional(), expected_updated_at: expectedUpdatedAt })
  .meta({ id: "PublishEngineVersion" });

export const EngineVersionSchema = z
  .strictObject({
    id: z.uuid(),
    engine: z.string(),
    version: z.string().meta({ example: "1.3" }),
    changelog: z.string(),
    published_by: z.string(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: "EngineVersion" });

export const EngineVersionDetailSchema = EngineVersionSchema.extend({ config: EngineConfigSchema }).meta({
  id: "EngineVersionDetail",
});

export const ListVersionsQuerySchema = z.strictObject({ ...pageQuery });
export const EngineVersionPageSchema = pageOf(EngineVersionSchema).meta({ id: "EngineVersionPage" });

export type EngineConfig = z.output<typeof EngineConfigSchema>;
export type EngineDto = z.infer<typeof EngineSchema>;
export type CreatedEngine = z.infer<typeof CreatedEngineSchema>;
export type RotateSecret = z.output<typeof RotateSecretSchema>;
export type RotatedSecret = z.infer<typeof RotatedSecretSchema>;
export type EnginePage = z.infer<typeof EnginePageSchema>;
export type EngineDraft = z.infer<typeof EngineDraftSchema>;
export type PutEngineDraft = z.output<typeof PutEngineDraftSchema>;
export type PublishEngine = z.output<typeof PublishEngineSchema>;
export type CreateEngine = z.output<typeof CreateEngineSchema>;
export type UpdateEngine = z.output<typeof UpdateEngineSchema>;
export type ConfigProblem = z.infer<typeof ConfigProblemSchema>;
export type ConfigValidity = z.infer<typeof ConfigValiditySchema>;
export type EngineVersionDto = z.infer<typeof EngineVersionSchema>;
export type EngineVersionDetail = z.infer<typeof EngineVersionDetailSchema>;
export type EngineVersionPage = z.infer<typeof EngineVersionPageSchema>;
