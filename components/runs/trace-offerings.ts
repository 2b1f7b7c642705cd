/** The offerings of a run as its trace is chosen by them: failed, ranked, the rest. */
import { failedOf, formatScore, ineligibleOf, nodeOf, solutionsOf } from "@/components/runs/result-shapes";
import type { RunTrace } from "@/lib/engines/trace-schema";
import type { RunDetailDto } from "@/lib/runs/schema";

export type TraceOffering = { id: string; label: string };
export type OfferingGroup = { label: string; offerings: TraceOffering[] };

type Result = Pick<RunDetailDto, "output" | "solutions" | "error">;

const named = (id: string, name: string) => (name === id || name === "" ? id : `${name} (${id})`);

/** Empty for runs without offerings. Those that the output does not name, as of a run that failed, are known by the trace. */
export function offeringGroups({ output, solutions }: Result, trace: RunTrace | null): OfferingGroup[] {
  const groups: OfferingGroup[] = [
    {
      label: "Could not be evaluated",
      offerings: failedOf(output).map(({ id, name }) => ({ id, label: named(id, name) })),
    },
    {
      label: "Eligible",
      offerings: solutionsOf(solutions).map(({ id, name, rank, score }) => ({
        id,
        label: `${rank}. ${named(id, name)} · ${formatScore(score)}`,
      })),
    },
    { label: "Not eligible", offerings: ineligibleOf(output).map(({ id, name }) => ({ id, label: named(id, name) })) },
  ];
  const known = new Set(groups.flatMap(({ offerings }) => offerings.map(({ id }) => id)));
  const others = (trace?.evaluations ?? []).flatMap(({ offering_id: id, offering_name: name = "" }) =>
    id === undefined || known.has(id) ? [] : [{ id, label: named(id, name) }],
  );
  groups.push({ label: "Offerings", offerings: others });
  return groups.filter(({ offerings }) => offerings.length > 0);
}

/** The node that failed in the evaluation of this offering (or of the input, where there are none), and why. */
export function failureIn(
  run: Result,
  offeringId: string | undefined,
): { nodeId: string; message: string } | undefined {
  const failed = failedOf(run.output).find(({ id }) => id === offeringId);
  if (failed?.node) return { nodeId: failed.node.id, message: failed.reasons[0] ?? "" };
  const node = nodeOf(run.error?.details);
  return node && run.error ? { nodeId: node.id, message: run.error.message } : undefined;
}
