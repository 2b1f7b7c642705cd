/** Saved inputs on the wire: what people keep to try an engine with. */
import { z } from "zod";
import { pageOf, pageQuery } from "../page.ts";
import { oneLine } from "../plain-text.ts";

const name = oneLine(80);

/** JSON as it was written, in a text: as values, numbers would lose the digits that a double does not hold. */
const payload = { input_json: z.string(), offerings_json: z.string().optional() };

export const SavedInputSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  created_by: z.string(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

export const SavedInputDetailSchema = SavedInputSchema.extend(payload);

export const CreateSavedInputSchema = z.strictObject({ name, ...payload });

/** A new name, or a new input together with its offerings, or both. */
export const UpdateSavedInputSchema = z
  .strictObject({ name: name.optional(), input_json: z.string().optional(), offerings_json: payload.offerings_json })
  .superRefine((update, context) => {
    if (update.offerings_json !== undefined && update.input_json === undefined) {
      context.addIssue({ code: "custom", path: ["input_json"], message: "goes with offerings_json" });
    }
  });

export const SavedInputPageSchema = pageOf(SavedInputSchema);
export const ListSavedInputsQuerySchema = z.strictObject({ ...pageQuery });

/** What stands in a path; anything that is not one is looked up and not found. */
export const SavedInputsParamsSchema = z.strictObject({ slug: z.string() });
export const SavedInputParamsSchema = z.strictObject({ slug: z.string(), id: z.string() });

export type SavedInputDto = z.infer<typeof SavedInputSchema>;
export type SavedInputDetail = z.infer<typeof SavedInputDetailSchema>;
export type SavedInputPage = z.infer<typeof SavedInputPageSchema>;
export type CreateSavedInput = z.output<typeof CreateSavedInputSchema>;
export type UpdateSavedInput = z.output<typeof UpdateSavedInputSchema>;
