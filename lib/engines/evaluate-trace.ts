/**
 * The decision trace of a run as it is stored: what zen wrote about each evaluation, passed on as text and never parsed on the way.
 *
 * `{"evaluations":[{"offering_id"?,"offering_name"?,"zen":{…}}],"omitted"?:n}`: failed evaluations first, then the ranked ones in their order,
 * then the rest, as many as fit; `omitted` counts those that do not. trace-reader.ts reads it.
 */
import type { Offering, RunConclusion } from "./evaluate-result.ts";

/** How a run is traced. */
export type Tracing = {
  /** Most characters of what is kept. */
  maxChars: number;
  /** Only this offering is traced; the others are evaluated as ever. */
  offering?: string | undefined;
};

/** Most characters of a trace that is recorded with its run, and of one that is made when somebody asks for it. */
export const MAX_RECORDED_TRACE = 256 * 1024;
export const MAX_ASKED_TRACE = 2 * 1024 * 1024;

const MAX_TRACED_CHARS = 4 * 1024 * 1024;

/** Whether a run is traced at all: a trace repeats, node by node, what a node is given and gives. */
export function isTraceable(payload: string, nodes: number): boolean {
  return payload.length * nodes <= MAX_TRACED_CHARS;
}

/** What zen wrote about one evaluation, JSON text. */
export type EvaluationTrace = { offering?: { id: string; name: string }; text: string };

/** The stored text; undefined where nothing was traced. */
export function toTraceBody(traces: readonly EvaluationTrace[], maxChars: number): string | undefined {
  if (traces.length === 0) return undefined;
  const kept: string[] = [];
  let chars = 0;
  for (const { offering, text } of traces) {
    if (chars + text.length > maxChars) continue;
    chars += text.length;
    const head = offering
      ? `"offering_id":${JSON.stringify(offering.id)},"offering_name":${JSON.stringify(offering.name)},`
      : "";
    kept.push(`{${head}"zen":${text}}`);
  }
  const omitted = traces.length - kept.length;
  return `{"evaluations":[${kept.join(",")}]${omitted > 0 ? `,"omitted":${omitted}` : ""}}`;
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
