/** Bulk operations on the wire: portal routes and public API share these shapes. */
import { z } from "zod";
import { pageOf, pageQuery } from "../page.ts";
import { TagSchema, VersionFilterSchema } from "../runs/schema.ts";
import { timeInput } from "../time-input.ts";

export const BULK_KINDS = ["cancel"] as const;
export const BULK_STATUSES = ["queued", "running", "completed", "stopped", "failed"] as const;
/** What a run can be canceled from. */
export const CANCELABLE = ["PENDING", "RUNNING"] as const;
/** Runs that can be named one by one: a page of the list. */
export const MAX_RUN_IDS = 100;

const RULE = "name a filter, or all: true for every run of the environment";

export const CancelFilterSchema = z
  .strictObject({
    run_ids: z
      .array(z.uuid())
      .min(1)
      .max(MAX_RUN_IDS)
      .optional()
      .meta({ description: "These runs; goes with nothing else" }),
    status: z
      .array(z.enum(CANCELABLE, "only PENDING and RUNNING runs can be canceled"))
      .min(1)
      .max(2)
      .optional()
      .meta({ description: "Both without it" }),
    engine: z.string().min(1).max(50).optional().meta({ description: "Slug of an engine" }),
    version: VersionFilterSchema.optional(),
    tag: TagSchema.optional(),
    created_after: timeInput.optional(),
    created_before: timeInput.optional(),
  })
  .superRefine((filter, context) => {
    const fields = Object.keys(filter);
    if (fields.length === 0) context.addIssue({ code: "custom", message: RULE });
    if (filter.run_ids && fields.length > 1) {
      context.addIssue({ code: "custom", path: ["run_ids"], message: "goes with no other filter" });
    }
  })
  .meta({ id: "CancelRunsFilter" });

export const CancelRunsSchema = z
  .strictObject({
    filter: CancelFilterSchema.optional(),
    all: z.literal(true).optional().meta({ description: "Instead of a filter: every run that has not ended" }),
  })
  .superRefine(({ filter, all }, context) => {
    if (!filter && !all) context.addIssue({ code: "custom", path: ["filter"], message: `is required: ${RULE}` });
    if (filter && all) context.addIssue({ code: "custom", path: ["all"], message: "goes with no filter" });
  })
  .meta({ id: "CancelRuns" });

export const BulkOperationSchema = z
  .strictObject({
    id: z.uuid(),
    kind: z.enum(BULK_KINDS),
    status: z.enum(BULK_STATUSES),
    environment: z.string(),
    filter: z.looseObject({}).meta({ description: "As it was asked for; empty for all" }),
    matched: z.int().nullable().meta({ description: "Runs that fitted when it began; null until they are counted" }),
    processed: z.int().meta({ description: "succeeded and skipped together; equal to matched when it is completed" }),
    succeeded: z.int(),
    skipped: z.int().meta({ description: "Runs that ended by themselves before their turn came" }),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    started_at: z.iso.datetime().optional(),
    ended_at: z.iso.datetime().optional(),
  })
  .meta({ id: "BulkOperation" });

export const BulkOperationPageSchema = pageOf(BulkOperationSchema).meta({ id: "BulkOperationPage" });
export const ListBulkOperationsQuerySchema = z.strictObject({ ...pageQuery });

/** What stands in a path; that it is an id is checked where it is looked up. */
export const BulkOperationParamsSchema = z.strictObject({ id: z.string() });

export type CancelFilter = z.output<typeof CancelFilterSchema>;
export type CancelRuns = z.output<typeof CancelRunsSchema>;
export type BulkOperationDto = z.infer<typeof BulkOperationSchema>;
export type BulkOperationPage = z.infer<typeof BulkOperationPageSchema>;
