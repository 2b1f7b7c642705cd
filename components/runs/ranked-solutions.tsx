/** What a placement came to: the offerings that fit, best first, then those that do not, with why. */
import {
  type Fields,
  fieldLabel,
  type OtherOffering,
  type RankedSolution,
  scoreScale,
} from "@/components/runs/result-shapes";
import { formatPlural } from "@/components/ui/format-number";

/** The ranked list; says so when nothing fits. */
export function RankedSolutions({ solutions }: { solutions: readonly RankedSolution[] }) {
  if (solutions.length === 0) {
    return <p className="rounded-lg border px-4 py-6 text-center text-sm text-muted">No offering fits this input.</p>;
  }
  const scale = scoreScale(solutions.map(({ score }) => score));
  return (
    <section>
      <h2 className="sr-only">Solutions</h2>
      <ol className="flex flex-col divide-y divide-hairline rounded-lg border">
        {solutions.map((solution) => (
          <SolutionItem key={`${solution.rank}-${solution.id}`} solution={solution} scale={scale} />
        ))}
      </ol>
    </section>
  );
}

function SolutionItem({ solution, scale }: { solution: RankedSolution; scale: number }) {
  const { rank, id, name, score, reasons, fields } = solution;
  const percent = Math.min(100, Math.max(0, (score / scale) * 100));
  return (
    <li className="flex gap-3 px-4 py-3">
      <span
        className="w-5 shrink-0 pt-px text-right font-mono text-sm text-muted tabular-nums"
        aria-label={`Rank ${rank}`}
      >
        {rank}
      </span>
      <div className="min-w-0 flex-1">
        <div className="flex items-baseline justify-between gap-x-4">
          <h3 className="min-w-0 text-sm font-medium break-words">
            {name}
            {name === id ? null : <span className="ml-2 font-mono text-xs font-normal text-muted">{id}</span>}
          </h3>
          <span className="font-mono text-sm font-medium tabular-nums">
            <span className="sr-only">Score </span>
            {formatScore(score)}
          </span>
        </div>
        <div aria-hidden className="mt-1.5 h-1.5 overflow-hidden rounded-full bg-selected">
          <div className="h-full rounded-full bg-accent" style={{ width: `${percent}%` }} />
        </div>
        {reasons.length > 0 ? <Reasons reasons={reasons} /> : null}
        <FieldLine fields={fields} />
      </div>
    </li>
  );
}

/** At most three significant decimals: scores are compared, not added up. */
function formatScore(score: number): string {
  return String(Math.round(score * 1_000) / 1_000);
}

function Reasons({ reasons }: { reasons: readonly string[] }) {
  return (
    <ul className="mt-2 flex list-disc flex-col gap-0.5 pl-4 text-sm text-soft marker:text-line-strong">
      {reasons.map((reason) => (
        <li key={reason} className="break-words">
          {reason}
        </li>
      ))}
    </ul>
  );
}

/** Short name–value pairs in one wrapping line. */
export function FieldLine({ fields }: { fields: Fields }) {
  if (fields.length === 0) return null;
  return (
    <dl className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-xs">
      {fields.map(([name, value]) => (
        <div key={name} className="flex min-w-0 gap-1.5">
          <dt className="text-muted">{fieldLabel(name)}</dt>
          <dd className="min-w-0 font-mono break-all">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Offerings that are not among the solutions, folded away. */
export function OtherOfferings({
  title,
  offerings,
  open = false,
}: {
  title: string;
  offerings: readonly OtherOffering[];
  open?: boolean;
}) {
  if (offerings.length === 0) return null;
  return (
    <details open={open} className="group rounded-lg border">
      <summary className="rounded-lg px-4 py-2.5 text-sm font-medium select-none marker:text-icon hover:bg-hover">
        {title}
        <span className="ml-2 font-normal text-muted">{formatPlural(offerings.length, "offering")}</span>
      </summary>
      <ul className="divide-y divide-hairline border-t">
        {offerings.map((offering) => (
          <li key={offering.id} className="px-4 py-2.5">
            <p className="text-sm break-words">
              {offering.name}
              {offering.name === offering.id ? null : (
                <span className="ml-2 font-mono text-xs text-muted">{offering.id}</span>
              )}
            </p>
            {offering.reasons.map((reason) => (
              <p key={reason} className="text-xs break-words text-muted">
                {reason}
              </p>
            ))}
          </li>
        ))}
      </ul>
    </details>
  );
}
