/** Environments on the wire: portal routes and public API share these shapes. */
import { z } from "zod";
import { pageOf, pageQuery } from "../page.ts";

export const EnvironmentKindSchema = z.enum(["live", "environment", "test"]);

/** `pinned_engine_version` and `engine_pins` are absent where nothing is pinned, never null. */
export const EnvironmentSchema = z
  .strictObject({
    id: z.uuid(),
    slug: z.string(),
    kind: EnvironmentKindSchema,
    created_at: z.iso.datetime(),
    pinned_engine_version: z.string().optional(),
    engine_pins: z.record(z.string(), z.string()).optional(),
  })
  .meta({ id: "Environment" });

export type EnvironmentDto = z.infer<typeof EnvironmentSchema>;

/** The slug's own rule is checked by the service, because its refusals have codes of their own. */
export const CreateEnvironmentSchema = z
  .strictObject({ slug: z.string().meta({ description: "1 to 16 of a–z, 0–9 and _; permanent", example: "dev" }) })
  .meta({ id: "CreateEnvironment" });

// z.record leaves out a key __proto__ without a word.
function refusePrototype(pins: unknown, context: z.RefinementCtx): unknown {
  if (typeof pins === "object" && pins !== null && Object.hasOwn(pins, "__proto__"))
    context.addIssue({ code: "custom", path: ["__proto__"], message: "is not an engine's slug" });
  return pins;
}

/** What is absent stays as it is; null takes a pin away. The version's own rule is checked by the service. */
export const UpdateEnvironmentSchema = z
  .strictObject({
    pinned_engine_version: z.string().nullable().optional().meta({
      description: "Version that every engine runs with here: 1.3 exactly, 1.x the newest of major 1; null for none",
      example: "1.x",
    }),
    engine_pins: z
      .preprocess(refusePrototype, z.record(z.string(), z.string().nullable()))
      .optional()
      .meta({ description: "The same by engine slug, before pinned_engine_version; null takes a pin away" }),
  })
  .meta({ id: "UpdateEnvironment" });

/** What the path names; anything that is not one is looked up and not found. */
export const EnvironmentParamsSchema = z.strictObject({ slug: z.string() });
export const ListEnvironmentsQuerySchema = z.strictObject({ ...pageQuery });
export const EnvironmentPageSchema = pageOf(EnvironmentSchema).meta({ id: "EnvironmentPage" });

/** The portal's list: all of them, with how many of the limit are used (live, test and deleted ones do not count). */
export const EnvironmentListSchema = z.strictObject({
  data: z.array(EnvironmentSchema),
  next_cursor: z.null(),
  limit: z.int(),
  used: z.int(),
});

export type CreateEnvironment = z.output<typeof CreateEnvironmentSchema>;
export type UpdateEnvironment = z.output<typeof UpdateEnvironmentSchema>;
export type EnvironmentPage = z.infer<typeof EnvironmentPageSchema>;
export type EnvironmentList = z.infer<typeof EnvironmentListSchema>;
