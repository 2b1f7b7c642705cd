/** The difference of two configs of an engine on the wire. */
import { z } from "zod";
import { ConfigProblemSchema } from "./schema.ts";

/** `moved`: it stands elsewhere in its list, and where it stands matters. */
export const CHANGE_KINDS = ["added", "removed", "changed", "moved"] as const;

/** What of a config a change is in, as people who edit it call it. */
export const CHANGE_SUBJECTS = [
  "name",
  "type",
  "setting",
  "column",
  "rule",
  "expression",
  "field",
  "condition",
  "source",
  "schema",
  "offering",
  "value",
] as const;

// Any JSON value. z.json() is recursive, which the generator of the OpenAPI document cannot follow.
const json = z.unknown().optional();

export const ConfigChangeSchema = z
  .strictObject({
    kind: z.enum(CHANGE_KINDS),
    subject: z.enum(CHANGE_SUBJECTS),
    /** Within the config of `to`; of what was removed within that of `from`. */
    path: z.string(),
    /** What people call it, such as `Rule 3` or `rate_percent`. */
    label: z.string(),
    before: json,
    after: json,
    /** Of a rule: its cells that differ, or all of them where it is new or gone. */
    cells: z
      .array(z.strictObject({ column: z.string(), before: z.string().optional(), after: z.string().optional() }))
      .optional(),
  })
  .meta({ id: "ConfigChange" });

export const NodeDiffSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    type: z.string(),
    kind: z.enum(["added", "removed", "changed"]),
    changes: z.array(ConfigChangeSchema),
  })
  .meta({ id: "NodeDiff" });

export const EdgeDiffSchema = z
  .strictObject({
    kind: z.enum(["added", "removed"]),
    source_id: z.string(),
    target_id: z.string(),
    /** The names of the nodes, and the condition of a switch that it leaves by. */
    label: z.string(),
  })
  .meta({ id: "EdgeDiff" });

/** Where nodes stand on the canvas is no difference. */
export const ConfigDiffSchema = z
  .strictObject({
    nodes: z.array(NodeDiffSchema),
    edges: z.array(EdgeDiffSchema),
    /** Everything beside nodes and edges, such as offerings. */
    other: z.array(ConfigChangeSchema),
    /** How many changes there are; at most 1,000 of them are listed. */
    total: z.int(),
  })
  .meta({ id: "ConfigDiff" });

export const ContractReasonSchema = z
  .strictObject({
    side: z.enum(["input", "output"]),
    path: z.string(),
    change: z.enum(["removed", "type_changed", "required"]),
    message: z.string(),
  })
  .meta({ id: "ContractReason", description: "Why callers of the version before could not go on as they are" });

/** A published version by its number, `latest`, or `draft`. */
const side = z
  .string()
  .regex(/^(latest|draft|\d{1,9}\.\d{1,9})$/, 'must be a version such as "1.3", or "latest" or "draft"');

export const DiffQuerySchema = z.strictObject({
  from: side.default("latest").meta({ description: "A version such as `1.3`, or `latest` or `draft`" }),
  to: side.default("draft").meta({ description: "A version such as `1.3`, or `latest` or `draft`" }),
});

export const EngineDiffSchema = z
  .strictObject({
    engine: z.string(),
    /** Versions by their numbers; `latest` is answered as the number that it is. */
    from: z.string(),
    to: z.string(),
    /** Whether callers of `from` could go on with `to`. */
    compatibility: z.enum(["compatible", "breaking"]),
    reasons: z.array(ContractReasonSchema),
    diff: ConfigDiffSchema,
  })
  .meta({ id: "EngineDiff" });

/** What publishing the draft would do now. */
export const PublishPreviewSchema = z
  .strictObject({
    valid: z.boolean(),
    problems: z.array(ConfigProblemSchema),
    /** What would be minted; null while there are problems. */
    version: z.string().nullable(),
    /** What it is to the version that it follows; `major` where there are reasons. */
    change: z.enum(["first", "minor", "major"]).nullable(),
    reasons: z.array(ContractReasonSchema),
    /** The newest published version, which the draft is compared with. */
    follows: z.string().nullable(),
    diff: ConfigDiffSchema,
    /** Of the draft: publish with it as `expected_updated_at`, and nothing else is published. */
    draft_updated_at: z.iso.datetime(),
    draft_updated_by: z.string().nullable(),
  })
  .meta({ id: "PublishPreview" });

export type DiffQuery = z.output<typeof DiffQuerySchema>;
export type EngineDiff = z.infer<typeof EngineDiffSchema>;
export type PublishPreview = z.infer<typeof PublishPreviewSchema>;
export type ConfigChange = z.infer<typeof ConfigChangeSchema>;
export type NodeDiff = z.infer<typeof NodeDiffSchema>;
export type EdgeDiff = z.infer<typeof EdgeDiffSchema>;
export type ConfigDiff = z.infer<typeof ConfigDiffSchema>;
