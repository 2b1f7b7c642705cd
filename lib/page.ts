/** Lists on the wire: `{data, next_cursor}`, `?limit=` (25, at most 100) and `?cursor=`. Read by the browser too; cursors are made in lib/cursor.ts. */
import { z } from "zod";
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from "./page-size.ts";

const LIMIT_RULE = `must be a whole number from 1 to ${MAX_PAGE_SIZE}`;

/** The two query parameters of every list, to be spread into its strict object. */
export const pageQuery = {
  limit: z
    .preprocess(
      (value) => (typeof value === "string" && /^\d{1,9}$/.test(value) ? Number(value) : value),
      z.int(LIMIT_RULE).min(1, LIMIT_RULE).max(MAX_PAGE_SIZE, LIMIT_RULE),
    )
    .default(DEFAULT_PAGE_SIZE)
    .meta({ description: `Rows of one page, at most ${MAX_PAGE_SIZE}` }),
  cursor: z.string().min(1).max(200).optional().meta({ description: "next_cursor of the page before" }),
};

export type PageQuery = { limit: number; cursor?: string | undefined };

/** The answer of a list whose rows have this shape. */
export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.strictObject({ data: z.array(row), next_cursor: z.string().nullable() });
}
