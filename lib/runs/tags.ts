/** The rule of tags: short texts that are given to a run at submission, and by which it is found again. */
import { invalidField } from "../errors.ts";

/** As many may be sent with a run; equal ones count here, and are then kept once. */
export const MAX_TAGS = 10;

/** No space and no comma: tags stand in URLs and, separated by commas, in queries. Upper and lower case differ. */
export const TAG_PATTERN = /^[A-Za-z0-9_.:/@=+-]{1,64}$/;

const TAG_RULE = "must be 1 to 64 of A–Z, a–z, 0–9 and _ . : / @ = + -";

/** The tags that a body names, each once; null where it names none. Throws 400 with the path. */
export function checkTags(value: unknown): readonly string[] | null {
  if (!Array.isArray(value)) throw invalidField("tags", "must be a list of texts");
  if (value.length > MAX_TAGS) throw invalidField("tags", `must be at most ${MAX_TAGS}`);
  for (const [index, tag] of (value as unknown[]).entries()) {
    if (typeof tag !== "string" || !TAG_PATTERN.test(tag)) throw invalidField(`tags.${index}`, TAG_RULE);
  }
  return value.length === 0 ? null : [...new Set(value as string[])];
}
