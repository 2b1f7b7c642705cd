/**
 * What the service of an `http` engine may say, in its answer or by callback, and what a run comes to by it. Pure.
 *
 * The output is any JSON object. An answer that is exactly `{"output": {…}}`, with or without `"solutions": [{…}]`, or exactly
 * `{"error": {"message": "…"}}`, is taken apart; every other object is the output itself. A callback must be one of those two. Texts are kept as they
 * were sent, digits and all.
 */
import { z } from "zod";
import { isApiError } from "../errors.ts";
import { bodyText, parseJsonText } from "../http/json-input.ts";
import { topLevelMembers } from "../http/json-scan.ts";
import { isJsonObject, own, type JsonObject } from "./evaluate-json.ts";
import { runError, type RunError } from "./run-errors.ts";

/** Most bytes of an answer, as of a callback: what a request to us may have. */
export const MAX_ANSWER_BYTES = 1_048_576;
const MAX_SOLUTIONS = 10_000;
/** Of an answer that is no output so much is kept, for those who may see payloads. */
const EXCERPT_CHARS = 500;
const NOT_SHOWN = /[^\P{Cc}\t\n\r]/gu;

const anyObject = z.looseObject({}, "must be an object");

/** The body of a callback. */
export const RunCallbackSchema = z
  .strictObject({
    output: anyObject.optional().meta({ description: "Any JSON object" }),
    solutions: z
      .array(anyObject, "must be a list of objects")
      .max(MAX_SOLUTIONS, `has more than ${MAX_SOLUTIONS} entries`)
      .optional()
      .meta({
        description:
          "Beside an output; shown ranked where each has rank, offering_id, offering_name, score and reasons",
      }),
    error: z
      .strictObject({
        message: z.string().trim().min(1, "must not be empty").max(2_000, "has more than 2000 characters"),
      })
      .optional()
      .meta({ description: "Instead of an output: the run is FAILED with engine_reported_error" }),
  })
  .superRefine((body, context) => {
    if (body.error && (body.output || body.solutions)) {
      context.addIssue({ code: "custom", path: ["error"], message: "must not stand beside an output" });
    } else if (!body.error && !body.output) {
      context.addIssue({ code: "custom", path: ["output"], message: "is required, unless there is an error" });
    }
  })
  .meta({ id: "RunCallback" });

/** The end of a run, ready to be recorded. */
export type HttpRunResult = {
  status: "COMPLETED" | "FAILED";
  errorCode: string | null;
  degradationReason: null;
  summary: string | null;
  /** JSON text `{"output"?:…,"solutions"?:…,"error"?:{…}}`. */
  body: string;
};

/** A run that FAILED for this reason. */
export function failedHttpRun(error: RunError): HttpRunResult {
  const { code } = error;
  return { status: "FAILED", errorCode: code, degradationReason: null, summary: code, body: JSON.stringify({ error }) };
}

function countOf(value: unknown, noun: string): string | null {
  if (!Array.isArray(value)) return null;
  return `${value.length === 0 ? "no" : value.length} ${noun}${value.length === 1 ? "" : "s"}`;
}

function completed(output: JsonObject, outputText: string, solutions?: unknown, solutionsText?: string): HttpRunResult {
  const more = solutionsText === undefined ? "" : `,"solutions":${solutionsText}`;
  return {
    status: "COMPLETED",
    errorCode: null,
    degradationReason: null,
    summary: countOf(solutions, "solution") ?? countOf(own(output, "findings"), "finding"),
    body: `{"output":${outputText}${more}}`,
  };
}

/** What a run comes to by an object of one of the two shapes; `text` is what it was parsed from. */
export function resultOfCallback(value: z.output<typeof RunCallbackSchema>, text: string): HttpRunResult {
  if (value.error) return failedHttpRun(runError("engine_reported_error", value.error.message));
  const members = topLevelMembers(text);
  return completed(value.output as JsonObject, members.get("output")!, value.solutions, members.get("solutions"));
}

function excerptOf(body: Buffer): string {
  const text = body.toString("utf8", 0, 4 * EXCERPT_CHARS).slice(0, EXCERPT_CHARS);
  return text.replaceAll(NOT_SHOWN, "�").toWellFormed();
}

function unusable(message: string, body: Buffer): HttpRunResult {
  return failedHttpRun(runError("engine_invalid_response", message, { response: excerptOf(body) }));
}

function resultOfOutput(body: Buffer): HttpRunResult {
  let text: string;
  let value: unknown;
  try {
    text = bodyText(body).trim();
    if (text === "") return unusable("The service answered 200 without a body", body);
    value = parseJsonText(text);
  } catch (error) {
    if (!isApiError(error)) throw error;
    return unusable(`The service's answer is not usable JSON: ${error.message}`, body);
  }
  if (!isJsonObject(value as JsonObject)) return unusable("The service's answer is JSON, but not an object", body);
  const parts = RunCallbackSchema.safeParse(value);
  return parts.success ? resultOfCallback(parts.data, text) : completed(value as JsonObject, text);
}

/** What a run comes to by an answer other than 202: 200 is an output, everything else a failure. */
export function resultOfAnswer(answer: { status: number; body: Buffer; truncated: boolean }): HttpRunResult {
  const { status, body, truncated } = answer;
  if (status !== 200) {
    const redirect = status >= 300 && status < 400 ? ", a redirect, which is not followed" : "";
    const details = { http_status: status, ...(body.length > 0 ? { response: excerptOf(body) } : {}) };
    return failedHttpRun(
      runError("engine_http_status", `The service answered with status ${status}${redirect}`, details),
    );
  }
  if (truncated) {
    const message = `The service's answer has more than ${MAX_ANSWER_BYTES} bytes`;
    return failedHttpRun(runError("engine_output_too_large", message));
  }
  return resultOfOutput(body);
}
