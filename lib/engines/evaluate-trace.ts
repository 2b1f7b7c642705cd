/**
 * The decision trace of a run as it is stored: what zen wrote about each evaluation, passed on as text and not parsed on the way.
 *
 * `{"evaluations":[{"offering_id"?,"offering_name"?,"zen":{…}}],"omitted"?:n}`: failed evaluations first, then the ranked ones in their order,
 * then the rest, as many as fit; `omitted` counts those that do not. Where none fits, the first may be there without the values that do not
 * (trace-cut.ts). trace-reader.ts reads it.
 */
import { cutTrace } from "./trace-cut.ts";
import type { Offering, RunConclusion } from "./evaluate-result.ts";

/** How a run is traced. */
export type Tracing = {
  /** Most characters of what is kept. */
  maxChars: number;
  /** Where no evaluation fits, the first is kept without the values that do not. */
  cuts?: boolean;
  /** Only this offering is traced; the others are evaluated as ever. */
  offering?: string | undefined;
};

/** How a run is traced while it is executed. What does not fit is traced again when somebody asks for it. */
export const RECORDED: Tracing = { maxChars: 256 * 1024 };
/** How one is traced when somebody asks for it. */
export const ASKED: Tracing = { maxChars: 2 * 1024 * 1024, cuts: true };

const MAX_TRACED_CHARS = 4 * 1024 * 1024;

/** Whether a run is traced at all: a trace repeats, node by node, what a node is given and gives. */
export function isTraceable(payload: string, nodes: number): boolean {
  return payload.length * nodes <= MAX_TRACED_CHARS;
}

/** What zen wrote about one evaluation, JSON text. */
export type EvaluationTrace = { offering?: { id: string; name: string }; text: string };

/** The stored text; undefined where nothing was traced. */
export function toTraceBody(traces: readonly EvaluationTrace[], { maxChars, cuts }: Tracing): string | undefined {
  if (traces.length === 0) return undefined;
  const kept: string[] = [];
  let chars = 0;
  for (const trace of traces) {
    if (chars + trace.text.length > maxChars) continue;
    chars += trace.text.length;
    kept.push(toEvaluation(trace));
  }
  const cut = cuts && kept.length === 0 ? cutTrace(traces[0]!.text, maxChars) : undefined;
  if (cut !== undefined) kept.push(toEvaluation({ ...traces[0]!, text: cut }));
  const omitted = traces.length - kept.length;
  return `{"evaluations":[${kept.join(",")}]${omitted > 0 ? `,"omitted":${omitted}` : ""}}`;
}

function toEvaluation({ offering, text }: EvaluationTrace): string {
  const head = offering
    ? `"offering_id":${JSON.stringify(offering.id)},"offering_name":${JSON.stringify(offering.name)},`
    : "";
  return `{${head}"zen":${text}}`;
}

/** The offerings' places in the order in which their traces matter: failed, ranked, the rest. */
export function traceOrder(offerings: readonly Offering[], { solutions = [], output }: RunConclusion): number[] {
  const ranks = new Map(solutions.map(({ offering_id: id, rank }) => [id, rank]));
  const ineligible = Array.isArray(output?.ineligible) ? output.ineligible : [];
  const rest = new Set(ineligible.map((one) => (one as { offering_id: string }).offering_id));
  const weight = (index: number) => {
    const { id } = offerings[index]!;
    return ranks.get(id) ?? (rest.has(id) ? Infinity : 0);
  };
  // Stable: those of one weight keep the order of the offerings. Infinity less itself is no number.
  return [...offerings.keys()].sort((a, b) => (weight(a) === weight(b) ? 0 : weight(a) - weight(b)));
}
