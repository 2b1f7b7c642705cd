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

/** The graph that a trace belongs to, without the offerings that its config may carry. */
export const TracedGraphSchema = EngineConfigSchema;

export type TraceNode = z.infer<typeof TraceNodeSchema>;
export type TraceEvaluation = z.infer<typeof TraceEvaluationSchema>;
export type RunTrace = z.infer<typeof RunTraceSchema>;
