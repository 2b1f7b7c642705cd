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
import { concludeAnalysis, concludePlacement, failed, nameOf, toResult, type Evaluation } from "./evaluate-result.ts";
import { isTraceable, toTraceBody, traceOrder, type EvaluationTrace, type Tracing } from "./evaluate-trace.ts";
import { toRunError, traceOfError, type NodeNames } from "./evaluate-zen-error.ts";
import { runError } from "./run-errors.ts";

/** Longest a function node may run, in milliseconds of wall clock. Function nodes that wait for ever are stopped by the run's own timeout. */
export const FUNCTION_TIMEOUT_MS = 1_000;
/** Deepest nesting of decisions that call decisions. */
const MAX_DECISION_DEPTH = 5;
const UNTRACED = { maxDepth: MAX_DECISION_DEPTH };
const TRACED = { maxDepth: MAX_DECISION_DEPTH, trace: "string" } as const;

/** A config, compiled. */
export type LoadedConfig = { decision: ZenDecision; names: NodeNames; nodes: number; offerings: JsonValue | undefined };

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
  const offerings = isJsonObject(config) ? own(config, "offerings") : undefined;
  return { decision, names, nodes: graph.nodes.length, offerings };
}

/**
 * Evaluates one run from its stored input `{"input":…,"offerings"?:…}`. Never throws; what goes wrong is in the result, which tracing does not
 * change. Too large an input is not traced.
 */
export async function evaluateRun(
  loaded: LoadedConfig,
  type: RunEngineType,
  payload: string,
  maxBodyBytes: number,
  wanted?: Tracing,
): Promise<RunResult> {
  const run = parseRunInput(payload);
  if ("error" in run) return toResult(failed(run.error), maxBodyBytes);
  const tracing = isTraceable(payload, loaded.nodes) ? wanted : undefined;
  if (type === "entity_analysis") {
    const context = isJsonObject(run.input) ? run.input : { input: run.input };
    const { evaluation, trace } = await evaluateOnce(loaded, context, payload.length, tracing !== undefined);
    const result = toResult(concludeAnalysis(evaluation), maxBodyBytes);
    return withTrace(result, trace === undefined ? [] : [{ text: trace }], tracing);
  }
  const offerings = toOfferings(run.offerings, loaded.offerings);
  if ("error" in offerings) return toResult(failed(offerings.error), maxBodyBytes);
  const isTraced = (id: string) => tracing !== undefined && (tracing.offering ?? id) === id;
  const tries = await Promise.all(
    offerings.map((offering) =>
      evaluateOnce(loaded, { input: run.input, offering }, payload.length, isTraced(offering.id)),
    ),
  );
  const conclusion = concludePlacement(
    offerings,
    tries.map(({ evaluation }) => evaluation),
  );
  const result = toResult(conclusion, maxBodyBytes);
  if (!tracing) return result;
  const traces = traceOrder(offerings, conclusion).flatMap((index) => {
    const { trace: text } = tries[index]!;
    const offering = offerings[index]!;
    return text === undefined ? [] : [{ offering: { id: offering.id, name: nameOf(offering) }, text }];
  });
  return withTrace(result, traces, tracing);
}

function withTrace(result: RunResult, traces: readonly EvaluationTrace[], tracing: Tracing | undefined): RunResult {
  const trace = tracing && toTraceBody(traces, tracing);
  return trace === undefined ? result : { ...result, trace };
}

type Try = { evaluation: Evaluation; trace?: string | undefined };

/** `size` is the length of the text that the context came from. */
async function evaluateOnce(loaded: LoadedConfig, context: JsonValue, size: number, isTraced: boolean): Promise<Try> {
  const waitForRoom = room.take(size);
  if (waitForRoom) await waitForRoom;
  try {
    // As text, because zen's other forms of a trace cost several times as much.
    const options = isTraced ? TRACED : UNTRACED;
    const { result, trace } = (await loaded.decision.evaluate(context, options)) as {
      result: JsonValue;
      trace?: string;
    };
    const unstorable = findUnstorable(result);
    if (!unstorable) return { evaluation: { ok: true, output: result }, trace };
    const message = `The graph's ${unstorable.path} ${unstorable.message}`;
    return { evaluation: { ok: false, error: runError("engine_error", message, { path: unstorable.path }) }, trace };
  } catch (thrown) {
    const error = toRunError(thrown, loaded.names, FUNCTION_TIMEOUT_MS);
    return { evaluation: { ok: false, error }, trace: isTraced ? traceOfError(thrown) : undefined };
  } finally {
    room.give(size);
  }
}
