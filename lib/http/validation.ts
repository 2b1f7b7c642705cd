/**
 * From a zod schema's complaints to the public error: one line that names the first field, and details for each.
 */
import type { z } from "zod";
import { ApiError, type ErrorDetail } from "../errors.ts";
import { plainWords } from "./validation-words.ts";

const MAX_DETAILS = 20;

function joined(path: readonly PropertyKey[], root: string): string {
  const text = path.map(String).join(".").toWellFormed().replaceAll("\0", "\uFFFD").slice(0, 200);
  return text === "" ? root : text;
}

/** Each problem with its dotted path; unknown fields one by one. `root` stands for the whole, as in `body` or `query`. */
export function detailsOf(error: z.ZodError, root: string): ErrorDetail[] {
  const details = error.issues.flatMap((issue): ErrorDetail[] =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ path: joined([...issue.path, key], root), message: "unknown field" }))
      : [{ path: joined(issue.path, root), message: issue.message }],
  );
  return details.slice(0, MAX_DETAILS);
}

/** The 400 `invalid_request` of a value that its schema refuses. */
export function validationError(error: z.ZodError, root: string): ApiError {
  const details = detailsOf(error, root);
  const first = details[0] ?? { path: root, message: "is not valid" };
  return new ApiError("invalid_request", `${first.path}: ${first.message}`, { details });
}

/** The value as its schema makes it. Throws 400 `invalid_request` with the paths; `words` are for what the schema has no words of its own. */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  root: string,
  words: typeof plainWords = plainWords,
): z.output<Schema> {
  const parsed = schema.safeParse(value, { error: words });
  if (!parsed.success) throw validationError(parsed.error, root);
  return parsed.data;
}
