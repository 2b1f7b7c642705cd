/**
 * The decision trace of a run: as it was recorded, or made by evaluating the run's input again with the version that it ran on, which never
 * changes. Workers record traces at a rate (lib/worker/trace-budget.ts); so every run has one for as long as it has its payloads.
 */
import { type EnvironmentScope, type OrgScope, requirePermission } from "../auth/principal.ts";
import { withConfigRoom } from "../engines/config-room.ts";
import type { RunEngineType } from "../engines/evaluate-protocol.ts";
import { evaluateNow, withRoomToEvaluate } from "../engines/evaluate-now.ts";
import { ASKED, isTraceable } from "../engines/evaluate-trace.ts";
import { readTrace } from "../engines/trace-reader.ts";
import {
  type RunTrace,
  type RunTraceAnswer,
  TRACE_ABSENCES,
  type TraceAbsence,
  type TraceQuery,
} from "../engines/trace-schema.ts";
import { notFound } from "../errors.ts";
import { isId } from "../ids.ts";
import {
  existsRun,
  findEvaluable,
  findRecordedTrace,
  findTracedConfig,
  findTracedRun,
  isOutputOf,
  type TracedRunRow,
} from "./trace-store.ts";
import { isTerminal } from "./transitions.ts";

/** A trace as it is stored: as a text it waits for room to be read. */
type Found = Pick<RunTraceAnswer, "source" | "matches_output"> & { body: string };
type Outcome = Found | TraceAbsence;

/** Whose run it is that is read, and whether they still wait. */
type Reading = { scope: OrgScope; run: TracedRunRow; gone: AbortSignal | undefined };

/** What ends a run from outside the graph: to evaluate it again would end the same way. */
const INTERRUPTIONS = new Set<string | null>(["engine_timeout", "engine_crashed", "engine_memory"]);

/** Throws 404 for a run that does not exist or is not the scope's. */
export async function requireTracedRun(scope: OrgScope | EnvironmentScope, id: string): Promise<void> {
  if (!isId(id) || !(await existsRun(scope, id))) throw notFound("Run");
}

/**
 * The trace of a run with the graph that it went through, or why there is none. Throws 403 for who may not read payloads or configs, 404 for
 * what is not the scope's, and 503 where there is no room, too many of the organization's runs are being traced, or `gone` is aborted.
 */
export async function getRunTrace(
  scope: OrgScope | EnvironmentScope,
  id: string,
  { offering }: TraceQuery,
  gone?: AbortSignal,
): Promise<RunTraceAnswer> {
  requirePermission(scope, "payloads:read");
  // It shows how the engine decides.
  requirePermission(scope, "engines:manage");
  const run = isId(id) ? await findTracedRun(scope, id) : undefined;
  if (!run) throw notFound("Run");
  const absence = absenceOf(run, offering);
  const reading: Reading = { scope, run, gone };
  if (absence !== undefined) return answerOf(reading, absence);
  return (await recordedAnswer(reading, offering)) ?? answerOf(reading, await evaluateAgain(reading, offering));
}

/** Why there can be no trace, as far as the run itself tells. */
function absenceOf(run: TracedRunRow, offering: string | undefined): TraceAbsence | undefined {
  if (run.engine_type === "http") return "no_graph";
  if (!isTerminal(run.status)) return "not_ended";
  if (run.status === "CANCELED") return "canceled";
  return run.engine_type === "entity_analysis" && offering !== undefined ? "no_such_offering" : undefined;
}

function only(trace: RunTrace, offering: string | undefined): RunTrace {
  if (offering === undefined) return trace;
  return { evaluations: trace.evaluations.filter((one) => one.offering_id === offering) };
}

/** Undefined where nothing was recorded, and where what is asked for is not among it: it was left out for its size, or there is none. */
async function recordedAnswer(reading: Reading, offering: string | undefined): Promise<RunTraceAnswer | undefined> {
  const { scope, run } = reading;
  const { trace_bytes: bytes } = run;
  if (bytes === null) return undefined;
  return withTraceRoom(reading, bytes, async () => {
    const body = await findRecordedTrace(scope, run);
    if (body === null) return undefined;
    const answer = await readAnswer(scope, run, { source: "recorded", body });
    const trace = only(answer.trace!, offering);
    return trace.evaluations.length === 0 ? undefined : { ...answer, trace };
  });
}

/** Reads what was found while there is room for it as objects, beside the graph. */
function answerOf(reading: Reading, outcome: Outcome): Promise<RunTraceAnswer> {
  const bytes = typeof outcome === "string" ? 0 : Buffer.byteLength(outcome.body);
  return withTraceRoom(reading, bytes, () => readAnswer(reading.scope, reading.run, outcome));
}

// A version never changes, and nor does a trace.
const withTraceRoom = <Result>({ scope, run, gone }: Reading, bytes: number, work: () => Promise<Result>) =>
  withConfigRoom(scope, () => run.config_bytes + bytes, work, gone);

async function readAnswer(scope: OrgScope, run: TracedRunRow, outcome: Outcome): Promise<RunTraceAnswer> {
  const config = await findTracedConfig(scope, run);
  const { nodes, edges } = config;
  const head = { run_id: run.id, engine: run.engine, engine_version: run.engine_version };
  const graph = Array.isArray(nodes) && Array.isArray(edges) ? { nodes, edges } : null;
  if (typeof outcome === "string") {
    return { ...head, trace: null, absent: { reason: outcome, message: TRACE_ABSENCES[outcome] }, graph };
  }
  const { body, ...found } = outcome;
  return { ...head, ...found, trace: readTrace(body, config), graph };
}

async function evaluateAgain({ scope, run, gone }: Reading, offering: string | undefined): Promise<Outcome> {
  if (INTERRUPTIONS.has(run.error_code)) return "interrupted";
  if (run.input_bytes === null) return "removed";
  const evaluate = async (): Promise<Outcome> => {
    const evaluable = await findEvaluable(scope, run);
    if (!evaluable) return "removed";
    const { config, nodes, input } = evaluable;
    if (!isTraceable(input, nodes)) return "too_large";
    const { result } = await evaluateNow(scope.orgId, {
      // Of the others there is no graph: see absenceOf.
      type: run.engine_type as RunEngineType,
      config,
      payload: input,
      timeoutMs: run.timeout_ms,
      tracing: { ...ASKED, offering },
      gone,
    });
    if (result.errorCode !== undefined && INTERRUPTIONS.has(result.errorCode)) return "interrupted";
    if (result.trace === undefined) return offering === undefined ? "not_reached" : "no_such_offering";
    const same = await isOutputOf(scope, run, result.body);
    return { source: "evaluated_again", matches_output: same, body: result.trace };
  };
  return withRoomToEvaluate(scope, run.config_bytes + run.input_bytes, evaluate, gone);
}
