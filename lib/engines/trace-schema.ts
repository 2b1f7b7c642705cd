/** Decision traces on the wire: what each node of the graph was given, what it gave, and how long it took. */
import { z } from "zod";
import { EngineConfigSchema } from "./schema.ts";

/** One node of one evaluation. */
export const TraceNodeSchema = z
  .strictObject({
    node_id: z.string(),
    name: z.string(),
    type: z
      .string()
      .meta({ description: "As in the graph, such as decisionTableNode; empty where the graph has no such node" }),
    order: z.int().meta({ description: "Its place in the order of evaluation, from 0" }),
    /** Microseconds; null where the engine does not say. */
    duration_us: z.int().nullable(),
    input: z.unknown(),
    output: z.unknown().meta({ description: "Null for the node that failed" }),
    details: z
      .unknown()
      .optional()
      .meta({ description: "Which rules matched, which expressions gave what, what a function wrote" }),
    omitted: z
      .strictObject({ input: z.int().optional(), output: z.int().optional(), details: z.int().optional() })
      .optional()
      .meta({
        description:
          "Of these, what was left out because the whole would be too large, with its length as JSON in characters; `input` and `output` are null then",
      }),
  })
  .meta({ id: "TraceNode" });

/** One evaluation of the graph: of the input, or of one offering. */
export const TraceEvaluationSchema = z
  .strictObject({
    offering_id: z.string().optional(),
    offering_name: z.string().optional(),
    nodes: z
      .array(TraceNodeSchema)
      .meta({ description: "In the order of evaluation; nodes that were not reached are absent" }),
  })
  .meta({ id: "TraceEvaluation" });

export const RunTraceSchema = z
  .strictObject({
    evaluations: z
      .array(TraceEvaluationSchema)
      .meta({ description: "Failed offerings first, then the ranked ones in their order, then the others" }),
    omitted: z
      .strictObject({ evaluations: z.int() })
      .optional()
      .meta({ description: "How many evaluations were left out because the whole would be too large" }),
  })
  .meta({ id: "RunTrace" });

/** Why a run has no trace. */
export const TRACE_ABSENCES = {
  not_ended: "The run has not ended yet",
  canceled: "The run was canceled, and what it had done is not kept",
  interrupted: "The run was stopped from outside while its graph was evaluated, and left no trace",
  no_graph: "Engines of type http have no decision graph",
  not_reached: "The run failed before its graph was evaluated",
  too_large: "The run's input is too large to be traced",
  removed: "The run's payloads have been removed, and its trace with them",
  no_such_offering: "The run has no such offering",
} as const;

export type TraceAbsence = keyof typeof TRACE_ABSENCES;

export const TraceQuerySchema = z.strictObject({
  offering: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: "Id of one offering: only its evaluation, also where it was left out of the whole" }),
});

export const RunTraceAnswerSchema = z
  .strictObject({
    run_id: z.uuid(),
    engine: z.string(),
    engine_version: z.string(),
    /** Null where there is none; `absent` says why. */
    trace: RunTraceSchema.nullable(),
    source: z.enum(["recorded", "evaluated_again"]).optional().meta({
      description:
        "`recorded` while the run was executed, or `evaluated_again` just now, from the run's input and the version that it ran on",
    }),
    matches_output: z.boolean().optional().meta({
      description:
        "Of `evaluated_again`: whether it came to the very output of the run. It may not where the graph looks at the clock or at chance",
    }),
    absent: z
      .strictObject({ reason: z.enum(Object.keys(TRACE_ABSENCES) as [TraceAbsence]), message: z.string() })
      .optional(),
    graph: z
      .union([EngineConfigSchema, z.null()])
      .meta({ description: "The graph that the run went through: {nodes, edges} of its engine version" }),
  })
  .meta({ id: "RunTraceAnswer" });

export type TraceNode = z.infer<typeof TraceNodeSchema>;
export type TraceEvaluation = z.infer<typeof TraceEvaluationSchema>;
export type RunTrace = z.infer<typeof RunTraceSchema>;
export type TraceQuery = z.output<typeof TraceQuerySchema>;
export type RunTraceAnswer = z.infer<typeof RunTraceAnswerSchema>;
