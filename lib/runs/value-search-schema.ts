/** Searching runs by a value of their payload, on the wire. */
import { z } from "zod";
import { timeInput } from "../time-input.ts";
import { RunStatusSchema, RunSummarySchema, TagSchema, VersionFilterSchema } from "./schema.ts";
import { MAX_QUERY_LENGTH } from "./value-query.ts";

/** A search goes back so far, and through so many runs. */
export const MAX_SEARCH_DAYS = 7;
export const MAX_SEARCHED_RUNS = 100_000;

export const SearchRunsSchema = z
  .strictObject({
    query: z.string().min(1).max(MAX_QUERY_LENGTH).meta({
      description:
        'A path and a value: input.country:DE. DE* is a prefix, 12 the number or the text, "12" the text only, * any value',
    }),
    status: z.array(RunStatusSchema).max(6).optional(),
    engine: z.string().min(1).max(50).optional().meta({ description: "Slug of an engine" }),
    version: VersionFilterSchema.optional(),
    tag: TagSchema.optional(),
    created_after: timeInput.optional(),
    created_before: timeInput.optional(),
    cursor: z.string().min(1).max(500).optional().meta({ description: "next_cursor of the answer before" }),
  })
  .meta({ id: "SearchRuns" });

export const RunSearchSchema = z
  .strictObject({
    matches: z.array(RunSummarySchema).meta({ description: "Found in this part, newest first" }),
    scanned: z.int().meta({ description: "Runs that have been looked at so far, in all parts" }),
    of: z.int().meta({ description: "Runs that will be looked at, at most" }),
    since: z.iso.datetime().meta({ description: "Older runs are not looked at" }),
    limited: z.boolean().meta({ description: `More than ${MAX_SEARCHED_RUNS} runs fit: the oldest are not looked at` }),
    done: z.boolean(),
    next_cursor: z.string().nullable().meta({ description: "To go on with; null when it is done" }),
  })
  .meta({ id: "RunSearch" });

export type SearchRuns = z.output<typeof SearchRunsSchema>;
export type RunSearch = z.infer<typeof RunSearchSchema>;
