/** What zod finds wrong, in the words of every refusal: they stand behind a field's path and say what it must be. */
import type { z } from "zod";

type Issue = Parameters<z.core.$ZodErrorMap>[0];

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  null: "null",
};

const FORMATS: Readonly<Record<string, string>> = {
  uuid: "an id",
  datetime: "a time such as 2027-01-31T12:00:00Z",
  url: "a URL",
};

function bounded(origin: string, bound: number | bigint, how: "at least" | "at most"): string {
  const plural = bound === 1 ? "" : "s";
  if (how === "at least" && bound === 1 && origin !== "number" && origin !== "int") return "must not be empty";
  if (origin === "string") return `must have ${how} ${bound} character${plural}`;
  if (origin === "array" || origin === "set") return `must have ${how} ${bound} ${bound === 1 ? "entry" : "entries"}`;
  return `must be ${how} ${bound}`;
}

function wordsOf(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case "invalid_value": {
      const [only, ...others] = issue.values.map(String);
      return others.length === 0 ? `must be ${only}` : `must be one of ${[only, ...others].join(", ")}`;
    }
    case "invalid_format":
      return FORMATS[issue.format] ? `must be ${FORMATS[issue.format]}` : "has not the right form";
    case "too_small":
      return bounded(issue.origin, issue.minimum, "at least");
    case "too_big":
      return bounded(issue.origin, issue.maximum, "at most");
    default:
      return "is not valid";
  }
}

/** To be given to safeParse: `schema.safeParse(value, { error: plainWords })`. Words that a schema has of its own go before these. */
export function plainWords(issue: Issue): string {
  return issue.input === undefined ? "is required" : wordsOf(issue);
}
