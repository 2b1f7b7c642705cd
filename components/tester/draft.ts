/** A run that is being composed: its texts as they stand, and what they mean. */
import type { JsonProblem } from "@/components/ui/json-editor";
import type { ComposedRun } from "@/lib/runs/query-options";
import { MAX_TAGS, TAG_PATTERN } from "@/lib/runs/tags";

/** `version` is null for what the environment's pin or the latest says; `offerings` is null where none are sent. */
export type Draft = {
  engine: string;
  version: string | null;
  input: string;
  offerings: string | null;
  tags: string;
};

export const EMPTY_INPUT = "{\n  \n}";

/** Whether the text is JSON, of a value that is accepted. */
export function isJson(text: string, accepts: (value: unknown) => boolean = () => true): boolean {
  try {
    return accepts(JSON.parse(text));
  } catch {
    return false;
  }
}

export const tagsOf = (text: string): string[] => [...new Set(text.split(/[\s,]+/).filter((tag) => tag !== ""))];

/** What is wrong with the tags as they stand, or undefined. */
export function tagsProblem(text: string): string | undefined {
  const tags = tagsOf(text);
  const bad = tags.find((tag) => !TAG_PATTERN.test(tag));
  if (bad !== undefined) return `“${bad.slice(0, 40)}” is not a tag: 1 to 64 of A–Z, a–z, 0–9 and _ . : / @ = + -`;
  return tags.length > MAX_TAGS ? `A run has at most ${MAX_TAGS} tags` : undefined;
}

/** Why it cannot be sent, or undefined. */
export function draftProblem({ engine, input, offerings, tags }: Draft): string | undefined {
  if (engine === "") return "Choose an engine";
  if (!isJson(input)) return "The input is no JSON";
  if (offerings !== null && !isJson(offerings, Array.isArray)) return "The offerings are no JSON list";
  return tagsProblem(tags);
}

export function toComposedRun({ engine, version, input, offerings, tags }: Draft): ComposedRun {
  return { engine, version, input, offerings, tags: tagsOf(tags) };
}

type Detail = { path: string; message: string };

/** `items.0.sku` as `items[0].sku`. */
const editorPath = (segments: readonly string[]) =>
  segments.map((segment, n) => (/^\d+$/.test(segment) ? `[${segment}]` : `${n === 0 ? "" : "."}${segment}`)).join("");

/** The details of a refusal that lie within one member of the body, as its editor shows them. */
export function problemsWithin(details: readonly Detail[], member: "input" | "offerings"): JsonProblem[] {
  return details.flatMap(({ path, message }) => {
    const [first, ...rest] = path.split(".");
    return first === member ? [{ path: editorPath(rest), message, severity: "error" as const }] : [];
  });
}

/** The message of a refusal about another member, such as `tags` or `engine_version`. */
export function problemOf(details: readonly Detail[], member: string): string | undefined {
  return details.find(({ path }) => path === member || path.startsWith(`${member}.`))?.message;
}
