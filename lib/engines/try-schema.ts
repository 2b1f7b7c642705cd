/** Trying a config, on the wire. */
import { z } from "zod";
import { EngineConfigSchema } from "./schema.ts";
import { RunTraceSchema } from "./trace-schema.ts";

export const TryEngineSchema = z
  .strictObject({
    config: EngineConfigSchema.optional().meta({ description: "Without it the draft is tried" }),
    input: z.unknown().refine((value) => value !== undefined, "is required"),
    offerings: z.array(z.unknown()).optional(),
  })
  .meta({ id: "TryEngine" });

export const EngineTryResultSchema = z
  .strictObject({
    status: z.enum(["COMPLETED", "DEGRADED", "FAILED"]),
    output: z.unknown().optional(),
    solutions: z.unknown().optional(),
    degradation_reason: z.string().optional(),
    error: z.strictObject({ code: z.string(), message: z.string(), details: z.unknown().optional() }).optional(),
    /** Milliseconds, with fractions. */
    duration_ms: z.number(),
    /** Null where nothing was evaluated, or where it was stopped from outside. */
    trace: RunTraceSchema.nullable(),
  })
  .meta({ id: "EngineTryResult" });

export type TryEngine = z.output<typeof TryEngineSchema>;
export type EngineTryResult = z.infer<typeof EngineTryResultSchema>;
