/** Texts of URLs: parameters of paths and queries, as services and the database may be given them. */
import type { z } from "zod";
import { invalidField } from "../errors.ts";
import { parseInput } from "./validation.ts";
import { plainWords } from "./validation-words.ts";

const MAX_LENGTH = 2_000;

/**
 * A parameter of a path as it may be looked up. PostgreSQL refuses NUL and half of a surrogate pair, but nothing has them in its name: they are
 * replaced, so that what is named so is not found, like everything else that does not exist.
 */
export function pathText(text: string): string {
  return text.replaceAll("\0", "\uFFFD").toWellFormed();
}

/** What no parameter of any query may be. Throws 400 that names it. */
function checkText(name: string, text: string): void {
  if (text.includes("\0")) throw invalidField(pathText(name), "has a NUL character");
  if (text.length > MAX_LENGTH) throw invalidField(pathText(name), `is longer than ${MAX_LENGTH} characters`);
}

/** The query as its schema makes it; a parameter that is given several times is a list. Throws 400 `invalid_request` with the names. */
export function parseQuery<Schema extends z.ZodType>(schema: Schema, search: URLSearchParams): z.output<Schema> {
  for (const [name, text] of search) checkText(name, text);
  const given = [...new Set(search.keys())].map((name) => {
    const values = search.getAll(name);
    return [name, values.length === 1 ? values[0] : values];
  });
  return parseInput(schema, Object.fromEntries(given), "query", (issue) =>
    issue.code === "invalid_type" && Array.isArray(issue.input) ? "is given more than once" : plainWords(issue),
  );
}

/** The one value of a parameter; undefined where it is not given, or empty. Throws 400 where it is given more than once. */
export function singleParameter(search: URLSearchParams, name: string): string | undefined {
  const [value, ...others] = search.getAll(name);
  if (others.length > 0) throw invalidField(name, "is given more than once");
  return value === "" ? undefined : value;
}
