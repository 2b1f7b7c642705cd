/** Which version of an engine each environment runs, on the wire. */
import { z } from "zod";
import { EnvironmentKindSchema } from "../environments/schema.ts";

/** Where an environment's version comes from: a pin of this engine, a pin of all engines, or none. */
export const PIN_SOURCES = ["engine_pin", "environment_pin", "latest"] as const;

export const EnginePinSchema = z.strictObject({
  environment: z.string(),
  kind: EnvironmentKindSchema,
  source: z.enum(PIN_SOURCES),
  /** `1.3`, `1.x` or `latest`. */
  spec: z.string(),
  /** The version that this means now; null where there is none: runs that name none themselves are refused. */
  version: z.string().nullable(),
});

export const EnginePinListSchema = z.strictObject({ data: z.array(EnginePinSchema) });

export type EnginePin = z.infer<typeof EnginePinSchema>;
export type EnginePinList = z.infer<typeof EnginePinListSchema>;
