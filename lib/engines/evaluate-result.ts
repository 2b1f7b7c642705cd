/**
 * What a run came to: pure functions from the graph's raw results to the run's status, output, solutions and error.
 *
 * placement:       one raw result an offering. The graph answers {eligible, score, reasons?, …}; the eligible ones become ranked solutions,
 *                  the others are listed with their reasons. Offerings that fail make the run DEGRADED; if all fail it is FAILED.
 * entity_analysis: one raw result. The graph's answer is the output; its `findings`, if it has any, must be a list of findings.
 */
import { isJsonObject, own, type JsonObject, type JsonValue } from "./evaluate-json.ts";
import type { RunResult } from "./evaluate-protocol.ts";
import { runError, type RunError } from "./run-errors.ts";

/** A raw result: what one evaluation of the graph answered, or why it did not. */
export type Evaluation = { ok: true; output: JsonValue } | { ok: false; error: RunError };

/** What a run is placed against. Anything beside `id` and `name` is the graph's own business. */
export type Offering = JsonObject & { id: string };

export type Solution = JsonObject & {
  rank: number;
  offering_id: string;
  offering_name: string;
  score: number;
  reasons: string[];
};

/** The end of a run, not yet serialized. `summary` is a few words for lists. */
export type RunConclusion = {
  status: "COMPLETED" | "DEGRADED" | "FAILED";
  output?: JsonObject;
  solutions?: Solution[];
  degradationReason?: string;
  error?: RunError;
  summary: string;
};

/** How bad a finding may be, mildest first. */
export const FINDING_SEVERITIES = ["info", "low", "medium", "high", "critical"] as const;

// Fields of a graph's answer that are not repeated in a solution: they are said by other fields, or are the context passed through.
export const NOT_REPEATED: ReadonlySet<string> = new Set([
  "eligible",
  "score",
  "reasons",
  "rank",
  "offering_id",
  "offering_name",
  "input",
  "offering",
]);

/** A FAILED run. The summary is the code, which is what lists show. */
export function failed(error: RunError): RunConclusion {
  return { status: "FAILED", error, summary: error.code };
}

type Eligible = {
  kind: "eligible";
  fields: JsonObject;
  score: number;
  reasons: string[];
  offering: Offering;
  order: number;
};
type Placed =
  | Eligible
  | { kind: "ineligible"; fields: JsonObject; reasons: string[]; offering: Offering }
  | { kind: "failed"; error: RunError; offering: Offering };

/**
 * The end of a placement run from the results of its offerings; `evaluations[i]` belongs to `offerings[i]`.
 * Ranked by score, highest first; equal scores keep the order of the offerings.
 */
export function concludePlacement(offerings: readonly Offering[], evaluations: readonly Evaluation[]): RunConclusion {
  const placed = offerings.map((offering, order) => place(offering, evaluations[order]!, order));
  const failures = placed.filter((one) => one.kind === "failed");
  if (failures.length === offerings.length) return allFailed(failures);

  const eligible = placed.filter((one) => one.kind === "eligible");
  eligible.sort((a, b) => b.score - a.score || a.order - b.order);
  const solutions = eligible.map(toSolution);
  const output: JsonObject = {
    offerings: offerings.length,
    eligible: solutions.length,
    ineligible: placed
      .filter((one) => one.kind === "ineligible")
      .map((one) => Object.assign(naming(one.offering), { reasons: one.reasons }, one.fields)),
  };
  if (failures.length === 0) {
    return { status: "COMPLETED", output, solutions, summary: count(solutions.length, "solution") };
  }
  output.failed = failures.map((one) => Object.assign(naming(one.offering), { error: one.error }));
  return {
    status: "DEGRADED",
    output,
    solutions,
    degradationReason: degradation(failures, offerings.length),
    summary: `${failures.length} of ${offerings.length} failed`,
  };
}

/** The end of an entity_analysis run. The output is the graph's answer, with `findings` checked and always there. */
export function concludeAnalysis(evaluation: Evaluation): RunConclusion {
  if (!evaluation.ok) return failed(evaluation.error);
  if (!isJsonObject(evaluation.output)) {
    return failed(runError("engine_error", "The graph's output is not an object", { path: "output" }));
  }
  const findings = toFindings(own(evaluation.output, "findings"));
  if ("error" in findings) return failed(findings.error);
  return {
    status: "COMPLETED",
    output: { ...evaluation.output, findings: findings.list },
    summary: count(findings.list.length, "finding"),
  };
}

function place(offering: Offering, evaluation: Evaluation, order: number): Placed {
  if (!evaluation.ok) return { kind: "failed", error: at(evaluation.error, offering), offering };
  const unusable = (path: string, message: string): Placed => ({
    kind: "failed",
    error: runError("engine_error", message, { offering_id: offering.id, path }),
    offering,
  });
  const { output } = evaluation;
  if (!isJsonObject(output)) return unusable("output", "The graph's output is not an object");
  const eligible = own(output, "eligible");
  if (typeof eligible !== "boolean")
    return unusable("output.eligible", 'The graph\'s output has no true or false "eligible"');
  const reasons = toReasons(own(output, "reasons"));
  if (!reasons) return unusable("output.reasons", 'The graph\'s "reasons" are not a list of texts');
  const fields = Object.fromEntries(Object.entries(output).filter(([name]) => !NOT_REPEATED.has(name)));
  if (!eligible) return { kind: "ineligible", fields, reasons, offering };
  const score = own(output, "score");
  if (typeof score !== "number") return unusable("output.score", 'The graph\'s output has no number "score"');
  return { kind: "eligible", fields, score, reasons, offering, order };
}

function toSolution(one: Eligible, index: number): Solution {
  return Object.assign(
    {
      rank: index + 1,
      offering_id: one.offering.id,
      offering_name: nameOf(one.offering),
      score: one.score,
      reasons: one.reasons,
    },
    one.fields,
  );
}

/** Texts; nulls are left out, because `cond ? "text" : null` is how the expression language says "nothing". */
function toReasons(value: JsonValue | undefined): string[] | undefined {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return undefined;
  const texts = value.filter((one) => one !== null);
  return texts.every((one) => typeof one === "string") ? texts : undefined;
}

function toFindings(value: JsonValue | undefined): { list: JsonObject[] } | { error: RunError } {
  if (value === undefined || value === null) return { list: [] };
  if (!Array.isArray(value)) return wrong("output.findings", 'The graph\'s "findings" are not a list');
  const list: JsonObject[] = [];
  for (const [index, finding] of value.entries()) {
    const path = `output.findings[${index}]`;
    if (finding === null) continue;
    if (!isJsonObject(finding)) return wrong(path, "A finding is not an object");
    if (typeof own(finding, "code") !== "string") return wrong(`${path}.code`, 'A finding has no text "code"');
    if (typeof own(finding, "message") !== "string") return wrong(`${path}.message`, 'A finding has no text "message"');
    const severity = own(finding, "severity") ?? "info";
    if (!FINDING_SEVERITIES.includes(severity as (typeof FINDING_SEVERITIES)[number])) {
      return wrong(`${path}.severity`, `A finding's "severity" is not one of ${FINDING_SEVERITIES.join(", ")}`);
    }
    list.push({ ...finding, severity });
  }
  return { list };
}

function wrong(path: string, message: string): { error: RunError } {
  return { error: runError("engine_error", message, { path }) };
}

function allFailed(failures: { error: RunError; offering: Offering }[]): RunConclusion {
  const first = failures[0]!.error;
  // What is wrong with the input is wrong for every offering, and is said once.
  if (failures.length > 1 && failures.every(({ error }) => error.message === first.message)) {
    const { offering_id: _, ...details } = first.details!;
    return failed(runError(first.code, first.message, details));
  }
  if (failures.length === 1) return failed(first);
  const message = `None of the ${failures.length} offerings could be evaluated. The first: ${first.message}`;
  return failed(runError("engine_error", message, first.details));
}

function degradation(failures: { error: RunError; offering: Offering }[], total: number): string {
  const named = failures.slice(0, 3).map((one) => `${nameOf(one.offering)} (${one.error.message})`);
  const more = failures.length > named.length ? `, and ${failures.length - named.length} more` : "";
  return `${failures.length} of ${count(total, "offering")} could not be evaluated: ${named.join(", ")}${more}`;
}

function at(error: RunError, offering: Offering): RunError {
  return { ...error, details: { ...error.details, offering_id: offering.id } };
}

function naming(offering: Offering): JsonObject {
  return { offering_id: offering.id, offering_name: nameOf(offering) };
}

/** What people call an offering: its name, else its id. */
export function nameOf(offering: Offering): string {
  const name = own(offering, "name");
  return typeof name === "string" && name !== "" ? name : offering.id;
}

function count(n: number, noun: string): string {
  return `${n === 0 ? "no" : n} ${noun}${n === 1 ? "" : "s"}`;
}

/** The result as it is stored: `body` is the JSON text `{"output"?:…,"solutions"?:…,"error"?:…}`. */
export function toResult(conclusion: RunConclusion, maxBodyBytes: number): RunResult {
  const { status, output, solutions, error, degradationReason, summary } = conclusion;
  const body = JSON.stringify({ output, solutions, error });
  const bytes = Buffer.byteLength(body);
  if (bytes > maxBodyBytes) {
    const message = `The run's output has ${bytes} bytes; at most ${maxBodyBytes} are kept`;
    return toResult(failed(runError("engine_output_too_large", message)), maxBodyBytes);
  }
  return {
    status,
    body,
    summary,
    ...(error ? { errorCode: error.code } : {}),
    ...(degradationReason ? { degradationReason } : {}),
  };
}
