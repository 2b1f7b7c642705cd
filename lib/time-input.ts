/** Times that callers name: in queries and bodies. */
import { z } from "zod";
import { isTellable } from "./time.ts";

/** An ISO 8601 time with Z or an offset, that in UTC too has a year of four digits: no other can be stored, shown and compared everywhere. */
export const timeInput = z.iso
  .datetime({ offset: true, error: "must be a time such as 2027-01-31T12:00:00Z" })
  .refine((text) => isTellable(Date.parse(text)), "must be in the years 1 to 9999");
