/** Trying a config on an input: what a run of it would come to, with its trace. Records no run and counts no usage. */
import type { OrgScope } from "../auth/principal.ts";
import { ApiError } from "../errors.ts";
import { evaluateNow } from "./evaluate-now.ts";
import { MAX_ASKED_TRACE } from "./evaluate-trace.ts";
import { draftOf, findEngine } from "./service.ts";
import { readTrace } from "./trace-reader.ts";
import type { EngineTryResult, TryEngine } from "./try-schema.ts";

type StoredResult = Pick<EngineTryResult, "output" | "solutions" | "error">;

function notTryable(message: string): ApiError {
  return new ApiError("unprocessable", message, { details: [{ path: "config", message }] });
}

/**
 * Evaluates the given config, or the engine's draft, on an input. What goes wrong in the graph is in the answer, with the codes of runs, also
 * where it hangs or crashes. Throws 404, 422 where there is nothing to try, and 503 when too many tries of the organization wait.
 */
export async function tryEngine(scope: OrgScope, slug: string, body: TryEngine): Promise<EngineTryResult> {
  const engine = await findEngine(scope, slug);
  if (engine.type === "http") throw notTryable("Engines of type http hold no graph to try");
  const config = body.config ?? draftOf(engine);
  if (config === null) throw notTryable("There is no draft yet");
  const { result, durationMs } = await evaluateNow(scope.orgId, {
    type: engine.type,
    config: JSON.stringify(config),
    payload: JSON.stringify({ input: body.input, offerings: body.offerings }),
    timeoutMs: engine.timeoutMs,
    tracing: { maxChars: MAX_ASKED_TRACE },
  });
  return {
    status: result.status,
    ...(JSON.parse(result.body) as StoredResult),
    ...(result.degradationReason === undefined ? {} : { degradation_reason: result.degradationReason }),
    duration_ms: durationMs,
    trace: result.trace === undefined ? null : readTrace(result.trace, config),
  };
}
