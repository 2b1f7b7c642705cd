/**
 * Lists and texts of configs, whose problems are named up to a bound: a megabyte may hold hundreds of thousands of wrong values, and zod would make
 * an object for each of them. Pure.
 */
import { z } from "zod";

/** Problems that are looked for in one list, and in all. */
export const MAX_PROBLEMS = 100;

type Context = { issues: z.core.$ZodRawIssue[] };

/** A list of at most so many items; of one that is longer nothing else is said. `called`: what the items are. */
export function boundedList<Item extends z.ZodType>(item: Item, most: number, called: string) {
  return z
    .array(z.unknown())
    .max(most, { error: `has more than ${most} ${called}`, abort: true })
    .transform((values, context): z.output<Item>[] => {
      const items: z.output<Item>[] = [];
      for (const [index, value] of values.entries()) {
        const parsed = item.safeParse(value);
        if (parsed.success) items.push(parsed.data);
        else if (addProblems(context, index, parsed.error)) break;
      }
      return items;
    });
}

/** An object whose fields, whatever their names, are texts of a kind; of one that has more than `most` nothing else is said. */
export function boundedTexts(text: z.ZodString, most: number) {
  return z
    .custom<Readonly<Record<string, unknown>>>(isObject, { error: "must be an object", abort: true })
    .refine((fields) => Object.keys(fields).length <= most, { error: `has more than ${most} entries`, abort: true })
    .transform((fields, context): Readonly<Record<string, string>> => {
      for (const [name, value] of Object.entries(fields)) {
        const parsed = text.safeParse(value);
        if (!parsed.success && addProblems(context, name, parsed.error)) break;
      }
      return fields as Readonly<Record<string, string>>;
    });
}

const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Adds what is wrong with the value at `key`; gives whether that are enough problems. */
function addProblems(context: Context, key: string | number, { issues }: z.ZodError): boolean {
  for (const issue of issues) context.issues.push({ ...issue, path: [key, ...issue.path] } as z.core.$ZodRawIssue);
  return context.issues.length >= MAX_PROBLEMS;
}
