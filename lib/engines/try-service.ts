/** Trying a config on an input: what a run of it would come to, with its trace. Records no run and counts no usage. */
import type { OrgScope } from "../auth/principal.ts";
import { ApiError } from "../errors.ts";
import { isTooLargeToParse } from "../http/parsed-size.ts";
import { bytesOfConfig, withConfigRoom } from "./config-room.ts";
import { evaluateNow, withRoomToEvaluate } from "./evaluate-now.ts";
import type { RunEngineType } from "./evaluate-protocol.ts";
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
 * where it hangs or crashes. Throws 404, 422 where there is nothing to try or its output is too large as objects, and 503 where there is no room, too
 * many tries of the organization wait, or `gone` says that nobody waits for this one.
 */
export async function tryEngine(
  scope: OrgScope,
  slug: string,
  body: TryEngine,
  gone?: AbortSignal,
): Promise<EngineTryResult> {
  const engine = await findEngine(scope, slug);
  const { type, timeoutMs } = engine;
  if (type === "http") throw notTryable("Engines of type http hold no graph to try");
  const measure = () => (body.config ? bytesOfConfig(body.config) : storedBytes(engine, ["draft"]));
  const bytes = (await measure()) + bytesOfConfig([body.input, body.offerings]);
  const evaluate = async () => {
    // While its evaluation waits, a draft is held as a text: as objects it takes many times the room. One that was sent is there as objects too, and
    // counted with the body of its request.
    const load = async () => JSON.stringify(body.config ?? draftOf(await loadDraft(engine)));
    const config = await withConfigRoom(scope, measure, load, gone);
    if (config === "null") throw notTryable("There is no draft yet");
    return evaluateConfig(scope, { type, timeoutMs }, config, body, gone);
  };
  return withRoomToEvaluate(scope, bytes, evaluate, gone);
}

async function evaluateConfig(
  scope: OrgScope,
  { type, timeoutMs }: { type: RunEngineType; timeoutMs: number },
  config: string,
  body: TryEngine,
  gone: AbortSignal | undefined,
): Promise<EngineTryResult> {
  const payload = JSON.stringify({ input: body.input, offerings: body.offerings });
  const wanted = { type, config, payload, timeoutMs, tracing: ASKED, gone };
  const { result, durationMs } = await evaluateNow(scope.orgId, wanted);
  if (isTooLargeToParse(result.body)) throw notTryable("The output has too many parts to be shown here");
  const { trace: text } = result;
  const trace =
    text === undefined
      ? null
      : await withConfigRoom(
          scope,
          () => Buffer.byteLength(config) + Buffer.byteLength(text),
          async () => readTrace(text, body.config ?? JSON.parse(config)),
          gone,
        );
  return {
    status: result.status,
    // Last, so that it is not there as objects while others have the room.
    ...(JSON.parse(result.body) as StoredResult),
    ...(result.degradationReason === undefined ? {} : { degradation_reason: result.degradationReason }),
    duration_ms: durationMs,
    trace,
  };
}
