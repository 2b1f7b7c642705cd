/**
 * Why a run is FAILED: the closed table of codes that `error.code` of a run can have, apart from the codes of HTTP answers.
 *
 * Codes are stable and never renamed. Messages are for people and may change; they never hold paths, backtraces or other internals of the host.
 */

/** Every code, with what it says when nothing more exact is known. */
export const RUN_ERROR = {
  engine_error: "The engine's graph failed on this input",
  engine_timeout: "The run took longer than its engine's timeout",
  engine_crashed: "The process that evaluated the run ended unexpectedly",
  engine_memory: "The run needed more memory than one run may have",
  engine_output_too_large: "The run's output is larger than can be kept",
  // of engines of type http
  engine_unreachable: "The engine's service could not be reached",
  engine_http_status: "The engine's service answered with an unexpected status",
  engine_invalid_response: "The engine's service answered with something that is no output",
  engine_reported_error: "The engine's service reported an error",
  engine_callback_expired: "The engine's service did not finish the run before its callback's deadline",
  url_not_allowed: "The engine's URL, or what its name resolves to, may not be called",
} as const;

export type RunErrorCode = keyof typeof RUN_ERROR;

/** Where it went wrong, as far as it is known. `node_id` and `node_name` are those of the engine's graph. */
export type RunErrorDetails = {
  node_id?: string;
  node_name?: string;
  offering_id?: string;
  /** Path in the run's input, such as `input.loan.amount`, or in the graph's output, such as `output.score`. */
  path?: string;
  /** What an engine's service answered with, and how that began. */
  http_status?: number;
  response?: string;
};

export type RunError = { code: RunErrorCode; message: string; details?: RunErrorDetails };

const DEGRADATION = /^\d+ of (no|\d+) offerings? could not be evaluated/;

/**
 * An error for whoever may not see payloads: a message may quote input or output, so that only what the table says of the code is left.
 */
export function withoutQuotes(error: { code: string }): { code: string; message: string } {
  const { code } = error;
  return { code, message: Object.hasOwn(RUN_ERROR, code) ? RUN_ERROR[code as RunErrorCode] : "The run failed" };
}

/** How many offerings could not be evaluated, without which ones and why: their names and errors are parts of the payloads. */
export function withoutNames(degradationReason: string): string {
  return DEGRADATION.exec(degradationReason)?.[0] ?? "Some offerings could not be evaluated";
}

/** A run's error; without a message it says what the table says. Empty details are left out. */
export function runError(
  code: RunErrorCode,
  message: string = RUN_ERROR[code],
  details: RunErrorDetails = {},
): RunError {
  return Object.keys(details).length > 0 ? { code, message, details } : { code, message };
}
