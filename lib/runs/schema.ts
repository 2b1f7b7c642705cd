/** Runs on the wire: portal routes and public API share these shapes. */
import { z } from "zod";
import { pageOf, pageQuery } from "../page.ts";
import { timeInput } from "../time-input.ts";
import { parseIdEnds } from "./id-ends.ts";
import { MAX_TAGS, TAG_PATTERN } from "./tags.ts";

export const RUN_STATUSES = ["PENDING", "RUNNING", "COMPLETED", "DEGRADED", "FAILED", "CANCELED"] as const;
export const RUN_SOURCES = ["api", "portal", "replay", "chat", "dialect"] as const;

export const RunStatusSchema = z.enum(RUN_STATUSES);
export const RunSourceSchema = z.enum(RUN_SOURCES);

export const TagSchema = z.string().regex(TAG_PATTERN, "is not a tag");

/** Any JSON value, but one there must be. z.json() is recursive, which the generator of the OpenAPI document cannot follow. */
const anyJson = z.unknown().refine((value) => value !== undefined, "is required");

/** What is posted. Its checks are made over the raw text in run-input.ts; this is their description. */
export const SubmitRunSchema = z
  .strictObject({
    input: anyJson.meta({ description: "What the engine is given: no NUL, well-formed text, depth at most 64" }),
    offerings: z.array(anyJson).optional().meta({ description: "For placement: what the input is placed against" }),
    engine_version: z
      .string()
      .optional()
      .meta({ description: "1.3 exactly, 1.x the newest of major 1; else the environment's pin, else the latest" }),
    tags: z
      .array(TagSchema)
      .max(MAX_TAGS)
      .optional()
      .meta({ description: "By which the run is found again; equal ones are kept once", example: ["customer:42"] }),
  })
  .meta({ id: "SubmitRun" });

export const RunAcceptedSchema = z
  .strictObject({ run_id: z.uuid(), status: z.literal("PENDING") })
  .meta({ id: "RunAccepted" });

/** What a callback is answered: how the run has ended by it. */
export const RunFinishedSchema = z
  .strictObject({ run_id: z.uuid(), status: z.enum(["COMPLETED", "FAILED"]) })
  .meta({ id: "RunFinished" });

export const RunErrorSchema = z
  .strictObject({ code: z.string(), message: z.string(), details: z.unknown().optional() })
  .meta({ id: "RunError" });

const identity = {
  run_id: z.uuid(),
  status: RunStatusSchema,
  environment: z.string(),
  environment_id: z.uuid(),
  engine: z.string(),
  engine_version: z.string(),
  created_at: z.iso.datetime(),
  started_at: z.iso.datetime().optional(),
  completed_at: z.iso.datetime().optional(),
  /**
   * Absent for a run that never started. It begins with the claim, because a claim takes many runs in one statement: the wait for an evaluator
   * is in it, milliseconds where there is room. What the graph itself took is in the trace; to write that into the row of every run would cost
   * each a value more on its way through the child and the statement that records.
   */
  duration_ms: z
    .int()
    .optional()
    .meta({ description: "From when a worker took the run to when its result was recorded, in milliseconds" }),
  /** Absent for a run without any. */
  tags: z.array(z.string()).optional(),
};

const result = {
  degradation_reason: z.string().optional(),
  output: z.unknown().optional(),
  solutions: z.unknown().optional(),
  error: RunErrorSchema.optional(),
  payloads_removed: z.literal(true).optional().meta({
    description: "Its input, output and trace were kept for a while and are gone; of an error the code is left",
  }),
};

/** A run as programs see it. */
export const RunSchema = z.strictObject({ ...identity, ...result }).meta({ id: "Run" });

/** A row of a list. `key_name` is absent for runs that no key sent. */
export const RunSummarySchema = z
  .strictObject({
    ...identity,
    source: RunSourceSchema,
    key_name: z.string().optional(),
    summary: z.string().optional(),
    error_code: z.string().optional(),
    degradation_reason: z.string().optional(),
  })
  .meta({ id: "RunSummary" });

/** A run as the portal shows it. Without `payloads:read` there is no input, offerings, output or solutions, and no text that quotes them. */
export const RunDetailSchema = z.strictObject({
  ...identity,
  source: RunSourceSchema,
  key_name: z.string().optional(),
  takeovers: z.int(),
  /** Of a run whose service has answered 202 and has yet to finish it: until when it may. */
  callback_expires_at: z.iso.datetime().optional(),
  summary: z.string().optional(),
  /** With payloads_removed: the days that payloads are kept now; absent where that is for ever by now. */
  payloads_kept_days: z.int().optional(),
  input: z.unknown().optional(),
  offerings: z.unknown().optional(),
  ...result,
});

/** What a run was given, each as the JSON text that was sent: as values, numbers would lose the digits that a double does not hold. */
export const RunInputSchema = z.strictObject({ input_json: z.string(), offerings_json: z.string().optional() });

export const RunPageSchema = pageOf(RunSummarySchema).meta({ id: "RunPage" });

const commaSeparated = <Item extends z.ZodType>(item: Item) =>
  z.preprocess(
    (value) => (typeof value === "string" ? value.split(",").filter((text) => text !== "") : value),
    z.array(item).max(20).optional(),
  );

/** What runs are narrowed to by version. */
export const VersionFilterSchema = z
  .string()
  .regex(/^\d{1,9}\.(\d{1,9}|x)$/, "must be 1.3 or 1.x")
  .meta({ description: "Engine version: 1.3, or 1.x for all of major 1" });

export const ListRunsQuerySchema = z.strictObject({
  ...pageQuery,
  status: commaSeparated(RunStatusSchema).meta({ description: "One or several, separated by commas" }),
  engine: z.string().min(1).max(50).optional().meta({ description: "Slug of an engine" }),
  version: VersionFilterSchema.optional(),
  tag: TagSchema.optional().meta({ description: "Runs that have this tag" }),
  id: z
    .string()
    .max(80)
    .refine((text) => parseIdEnds(text) !== null, "must be an id, its beginning, or its ends as in 0197…a3f2")
    .optional()
    .meta({ description: "A run's id, its beginning, or its ends as in 0197…a3f2 (of the newest 100,000 runs)" }),
  created_after: timeInput.optional(),
  created_before: timeInput.optional(),
});

export type RunStatusName = z.infer<typeof RunStatusSchema>;
export type RunDto = z.infer<typeof RunSchema>;
export type RunSummaryDto = z.infer<typeof RunSummarySchema>;
export type RunDetailDto = z.infer<typeof RunDetailSchema>;
export type RunInputDto = z.infer<typeof RunInputSchema>;
export type RunPage = z.infer<typeof RunPageSchema>;
export type ListRunsQuery = z.output<typeof ListRunsQuerySchema>;

/** What stands in a path; that it is an id is checked where it is looked up. */
export const RunParamsSchema = z.strictObject({ id: z.string() });
