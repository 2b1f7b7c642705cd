/**
 * Evaluates runs with zen-engine. Runs only inside an evaluator child (lib/worker/evaluator-child.ts): the engine is native code
 * that nothing within its process can stop.
 */
import { ZenDecisionContent, ZenEngine, overrideConfig, type ZenDecision } from "@gorules/zen-engine";
import { hardenGraph } from "./evaluate-hazards.ts";
import { parseRunInput, toOfferings } from "./evaluate-input.ts";
import { findUnstorable, isJsonObject, own, type JsonValue } from "./evaluate-json.ts";
import type { RunEngineType, RunResult } from "./evaluate-protocol.ts";
import { createRoom } from "./evaluate-room.ts";
import { concludeAnalysis, concludePlacement, failed, toResult, type Evaluation } from "./evaluate-result.ts";
import { toRunError, type NodeNames } from "./evaluate-zen-error.ts";
import { runError } from "./run-errors.ts";

/** Longest a function node may run, in milliseconds of wall clock. Function nodes that wait for ever are stopped by the run's own timeout. */
export const FUNCTION_TIMEOUT_MS = 1_000;
/** Deepest nesting of decisions that call decisions. */
const MAX_DECISION_DEPTH = 5;

/** A config, compiled. */
export type LoadedConfig = { decision: ZenDecision; names: NodeNames; offerings: JsonValue | undefined };

/** Text whose contexts are in the engine at the same time, in characters. Each evaluation has a copy of its own, some 20 times as large. */
const room = createRoom(512 * 1024);

overrideConfig({ functionTimeoutMillis: FUNCTION_TIMEOUT_MS });

const engine = new ZenEngine({
  httpHandler: () => Promise.reject(new Error("network access is not available here")),
});

/** Compiles a config's text. Throws an Error, fit to be shown, when it cannot be evaluated. */
export function loadConfig(text: string): LoadedConfig {
  const config = JSON.parse(text) as JsonValue;
  const graph = hardenGraph(config);
  const decision = engine.createDecision(new ZenDecisionContent(graph));
  const names = new Map<string, string>();
  for (const node of graph.nodes) {
    if (isJsonObject(node) && typeof node.id === "string" && typeof node.name === "string")
      names.set(node.id, node.name);
  }
  return { decision, names, offerings: isJsonObject(config) ? own(config, "offerings") : undefined };
}

/** Evaluates one run from its stored input `{"input":…,"offerings"?:…}`. Never throws; what goes wrong is in the result. */
export async function evaluateRun(
  loaded: LoadedConfig,
  type: RunEngineType,
  payload: string,
  maxBodyBytes: number,
): Promise<RunResult> {
  const run = parseRunInput(payload);
  if ("error" in run) return toResult(failed(run.error), maxBodyBytes);
  if (type === "entity_analysis") {
    const context = isJsonObject(run.input) ? run.input : { input: run.input };
    return toResult(concludeAnalysis(await evaluateOnce(loaded, context, payload.length)), maxBodyBytes);
  }
  const offerings = toOfferings(run.offerings, loaded.offerings);
  if ("error" in offerings) return toResult(failed(offerings.error), maxBodyBytes);
  const evaluations = await Promise.all(
    offerings.map((offering) => evaluateOnce(loaded, { input: run.input, offering }, payload.length)),
  );
  return toResult(concludePlacement(offerings, evaluations), maxBodyBytes);
}

/** `size` is the length of the text that the context came from. */
async function evaluateOnce(loaded: LoadedConfig, context: JsonValue, size: number): Promise<Evaluation> {
  const waitForRoom = room.take(size);
  if (waitForRoom) await waitForRoom;
  try {
    const { result } = (await loaded.decision.evaluate(context, { maxDepth: MAX_DECISION_DEPTH })) as {
      result: JsonValue;
    };
    const unstorable = findUnstorable(result);
    if (!unstorable) return { ok: true, output: result };
    const message = `The graph's ${unstorable.path} ${unstorable.message}`;
    return { ok: false, error: runError("engine_error", message, { path: unstorable.path }) };
  } catch (thrown) {
    return { ok: false, error: toRunError(thrown, loaded.names, FUNCTION_TIMEOUT_MS) };
  } finally {
    room.give(size);
  }
}
