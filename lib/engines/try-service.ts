/** Trying a config on an input: what a run of it would come to, with its trace. Records no run and counts no usage. */
import type { OrgScope } from "../auth/principal.ts";
import { ApiError } from "../errors.ts";
import { bytesOfConfig, withConfigRoom } from "./config-room.ts";
import { evaluateNow } from "./evaluate-now.ts";
import { ASKED } from "./evaluate-trace.ts";
import { draftOf, findEngine, loadDraft } from "./service.ts";
import { storedBytes } from "./store.ts";
import { readTrace } from "./trace-reader.ts";
import type { EngineTryResult, TryEngine } from "./try-schema.ts";

type StoredResult = Pick<EngineTryResult, "output" | "solutions" | "error">;

function notTryable(message: string): ApiError {
  return new ApiError("unprocessable", message, { details: [{ path: "config", message }] });
}

/**
 * Evaluates the given config, or the engine's draft, on an input. What goes wrong in the graph is in the answer, with the codes of runs, also
 * where it hangs or crashes. Throws 404, 422 where there is nothing to try, and 503 where there is no room or too many tries of the organization wait.
 */
export async function tryEngine(scope: OrgScope, slug: string, body: TryEngine): Promise<EngineTryResult> {
  const engine = await findEngine(scope, slug);
  if (engine.type === "http") throw notTryable("Engines of type http hold no graph to try");
  // While its evaluation waits, a draft is held as a text: as objects it takes many times the room. One that was sent is there as objects too, and
  // counted with the body of its request.
  const config = await withConfigRoom(
    scope,
    () => (body.config ? bytesOfConfig(body.config) : storedBytes(engine, ["draft"])),
    async () => JSON.stringify(body.config ?? draftOf(await loadDraft(engine))),
  );
  if (config === "null") throw notTryable("There is no draft yet");
  const { result, durationMs } = await evaluateNow(scope.orgId, {
    type: engine.type,
    config,
    payload: JSON.stringify({ input: body.input, offerings: body.offerings }),
    timeoutMs: engine.timeoutMs,
    tracing: ASKED,
  });
  const { trace } = result;
  return {
    status: result.status,
    ...(JSON.parse(result.body) as StoredResult),
    ...(result.degradationReason === undefined ? {} : { degradation_reason: result.degradationReason }),
    duration_ms: durationMs,
    trace:
      trace === undefined
        ? null
        : await withConfigRoom(
            scope,
            () => Buffer.byteLength(config),
            async () => readTrace(trace, body.config ?? JSON.parse(config)),
          ),
  };
}
