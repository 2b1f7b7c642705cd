/** Limits on the wire of the portal. A limit that is null is off. */
import { z } from "zod";
import { EnvironmentKindSchema } from "../environments/schema.ts";
import { MAX_CONCURRENCY } from "./concurrency.ts";

/** One environment: `limit` is the organization's own, `ceiling` the operator's, `effective` the lower of them; `running` is what runs now. */
export const EnvironmentLimitsSchema = z.strictObject({
  environment: z.string(),
  kind: EnvironmentKindSchema,
  concurrency: z.strictObject({
    limit: z.int().nullable(),
    ceiling: z.int().nullable(),
    effective: z.int().nullable(),
    running: z.int(),
  }),
});

/** Everything that limits an organization. `used` of runs a minute: in the minute that is under way, which passes at `resets_at`. */
export const LimitsSchema = z.strictObject({
  runs_per_minute: z.strictObject({
    limit: z.int().nullable(),
    used: z.int(),
    resets_at: z.iso.datetime().optional(),
  }),
  environments: z.strictObject({ limit: z.int(), used: z.int() }),
  /** All environments, live first. */
  data: z.array(EnvironmentLimitsSchema),
});

export const SetEnvironmentLimitsSchema = z.strictObject({
  concurrency: z.int().min(1).max(MAX_CONCURRENCY).nullable(),
});

export type EnvironmentLimits = z.infer<typeof EnvironmentLimitsSchema>;
export type Limits = z.infer<typeof LimitsSchema>;
export type SetEnvironmentLimits = z.output<typeof SetEnvironmentLimitsSchema>;
