/**
 * The decision trace of a run: as it was recorded, or made by evaluating the run's input again with the version that it ran on, which never
 * changes. Workers record traces at a rate (lib/worker/trace-budget.ts); so every run has one for as long as it has its payloads.
 */
import { type EnvironmentScope, type OrgScope, requirePermission } from "../auth/principal.ts";
import type { RunEngineType } from "../engines/evaluate-protocol.ts";
import { evaluateNow } from "../engines/evaluate-now.ts";
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
import { BOTH_PAYLOADS, readPayloads } from "./payload-store.ts";
import { existsRun, findTracedRun, type TracedRunRow } from "./trace-store.ts";
import { isTerminal } from "./transitions.ts";

type Found = Pick<RunTraceAnswer, "source" | "matches_output"> & { trace: RunTrace };
type Outcome = Found | TraceAbsence;

/** What ends a run from outside the graph: to evaluate it again would end the same way. */
const INTERRUPTIONS = new Set<string | null>(["engine_timeout", "engine_crashed", "engine_memory"]);

/** Throws 404 for a run that does not exist or is not the scope's. */
export async function requireTracedRun(scope: OrgScope | EnvironmentScope, id: string): Promise<void> {
  if (!isId(id) || !(await existsRun(scope, id))) throw notFound("Run");
}

/**
 * The trace of a run with the graph that it went through, or why there is none. Throws 403 for who may not read payloads or configs, 404 for what is not the scope's, and 503 when too many of the
 * organization's runs are being traced.
 */
export async function getRunTrace(
  scope: OrgScope | EnvironmentScope,
  id: string,
  { offering }: TraceQuery,
): Promise<RunTraceAnswer> {
  requirePermission(scope, "payloads:read");
  // It shows how the engine decides.
  requirePermission(scope, "engines:manage");
  const run = isId(id) ? await findTracedRun(scope, id) : undefined;
  if (!run) throw notFound("Run");
  const outcome = await findTrace(scope, id, run, offering);
  const { nodes, edges } = run.config;
  const head = { run_id: id, engine: run.engine, engine_version: run.engine_version };
  const graph = Array.isArray(nodes) && Array.isArray(edges) ? { nodes, edges } : null;
  if (typeof outcome !== "string") return { ...head, ...outcome, graph };
  return { ...head, trace: null, absent: { reason: outcome, message: TRACE_ABSENCES[outcome] }, graph };
}

async function findTrace(
  scope: OrgScope,
  id: string,
  run: TracedRunRow,
  offering: string | undefined,
): Promise<Outcome> {
  const { engine_type: type } = run;
  if (type === "http") return "no_graph";
  if (!isTerminal(run.status)) return "not_ended";
  if (run.status === "CANCELED") return "canceled";
  if (type === "entity_analysis" && offering !== undefined) return "no_such_offering";
  if (run.trace_body !== null) {
    const trace = readTrace(run.trace_body, run.config);
    const wanted = only(trace, offering);
    if (wanted.evaluations.length > 0) return { source: "recorded", trace: wanted };
    // It is not among them: it was left out for its size, or there is none.
  }
  if (INTERRUPTIONS.has(run.error_code)) return "interrupted";
  return evaluateAgain(scope, id, { ...run, engine_type: type }, offering);
}

function only(trace: RunTrace, offering: string | undefined): RunTrace {
  if (offering === undefined) return trace;
  return { evaluations: trace.evaluations.filter((one) => one.offering_id === offering) };
}

async function evaluateAgain(
  scope: OrgScope,
  id: string,
  run: TracedRunRow & { engine_type: RunEngineType },
  offering: string | undefined,
): Promise<Outcome> {
  const { input, output } = await readPayloads(scope, id, BOTH_PAYLOADS);
  if (input === null) return "removed";
  const { nodes } = run.config;
  if (!isTraceable(input, Array.isArray(nodes) ? nodes.length : 0)) return "too_large";
  const { result } = await evaluateNow(scope.orgId, {
    type: run.engine_type,
    config: JSON.stringify(run.config),
    payload: input,
    timeoutMs: run.timeout_ms,
    tracing: { ...ASKED, offering },
  });
  if (result.errorCode !== undefined && INTERRUPTIONS.has(result.errorCode)) return "interrupted";
  if (result.trace === undefined) return offering === undefined ? "not_reached" : "no_such_offering";
  const trace = readTrace(result.trace, run.config);
  return { source: "evaluated_again", matches_output: result.body === output, trace };
}
