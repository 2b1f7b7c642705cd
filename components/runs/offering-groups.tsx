/**
 * What a placement came to, to be scanned: the offerings that fit, best first, then those that could not be evaluated, with the node to blame, then
 * those that do not fit, with why.
 */
"use client";

import Link from "next/link";
import { type ReactNode, useState } from "react";

import { FieldLine } from "@/components/runs/field-line";
import { formatScore, type OtherOffering, type RankedSolution, scoreScale } from "@/components/runs/result-shapes";
import type { TraceHref } from "@/components/runs/trace-href";
import { formatCount } from "@/components/ui/format-number";

/** A group shows so many at first. */
const SHOWN = 50;

type GroupsProps = {
  solutions: readonly RankedSolution[];
  failed: readonly OtherOffering[];
  ineligible: readonly OtherOffering[];
  traceHref: TraceHref | undefined;
};

/** Fits a panel as well as a page. */
export function OfferingGroups({ solutions, failed, ineligible, traceHref }: GroupsProps) {
  const scale = scoreScale(solutions.map(({ score }) => score));
  return (
    <div className="@container overflow-hidden rounded-lg border">
      <Group title="Eligible" empty="No offering fits this input.">
        {solutions.map((solution) => (
          <SolutionRow key={solution.id} solution={solution} scale={scale} traceHref={traceHref} />
        ))}
      </Group>
      <Group title="Could not be evaluated">
        {failed.map((offering) => (
          <OtherRow key={offering.id} offering={offering} traceHref={traceHref} isFailed />
        ))}
      </Group>
      <Group title="Not eligible">
        {ineligible.map((offering) => (
          <OtherRow key={offering.id} offering={offering} traceHref={traceHref} />
        ))}
      </Group>
    </div>
  );
}

/** Without rows it is left out, unless it says what that means. */
function Group({ title, children, empty }: { title: string; children: readonly ReactNode[]; empty?: string }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? children : children.slice(0, SHOWN);
  if (children.length === 0 && empty === undefined) return null;
  return (
    <section aria-label={title} className="border-t first:border-t-0">
      <h3 className="flex items-baseline gap-2 border-b bg-sunken px-3 py-1.5 text-xs font-medium text-soft">
        {title}
        <span className="font-mono font-normal text-muted tabular-nums">{formatCount(children.length)}</span>
      </h3>
      {children.length === 0 ? <p className="px-3 py-4 text-center text-sm text-muted">{empty}</p> : null}
      <ol className="divide-y divide-hairline">{shown}</ol>
      {shown.length < children.length ? (
        <button
          type="button"
          onClick={() => setWhole(true)}
          className="w-full border-t px-3 py-2 text-left text-xs font-medium text-accent-text -outline-offset-2 hover:bg-hover"
        >
          Show {formatCount(children.length - shown.length)} more
        </button>
      ) : null}
    </section>
  );
}

const ROW =
  "grid grid-cols-[1.5rem_minmax(0,1fr)_auto] items-baseline gap-x-3 px-3 py-2 @md:grid-cols-[1.5rem_minmax(0,14rem)_6.5rem_minmax(0,1fr)] @lg:grid-cols-[1.5rem_minmax(0,18rem)_6.5rem_minmax(0,1fr)]";
const WHY = "col-span-full col-start-2 min-w-0 @md:col-span-1 @md:col-start-4";

function SolutionRow({
  solution: { rank, id, name, score, reasons, fields },
  scale,
  traceHref,
}: {
  solution: RankedSolution;
  scale: number;
  traceHref: TraceHref | undefined;
}) {
  return (
    <li className={ROW}>
      <span className="text-right font-mono text-xs text-muted tabular-nums">
        <span className="sr-only">Rank </span>
        {rank}
      </span>
      <OfferingName id={id} name={name} traceHref={traceHref} />
      <span className="flex items-center justify-end gap-2 font-mono text-xs font-medium tabular-nums">
        <ScoreBar share={score / scale} />
        <span className="min-w-10 text-right">
          <span className="sr-only">Score </span>
          {formatScore(score)}
        </span>
      </span>
      <div className={WHY}>
        <Reasons reasons={reasons} />
        <FieldLine fields={fields} className="mt-0.5 text-soft @max-sm:hidden" />
      </div>
    </li>
  );
}

/** A hint of how far apart scores are; the number stands beside it. Its width is an attribute, because the served page carries no styles. */
function ScoreBar({ share }: { share: number }) {
  const width = Math.min(40, Math.max(0, share * 40));
  return (
    <svg aria-hidden viewBox="0 0 40 4" className="h-1 w-10 shrink-0">
      <rect width="40" height="4" rx="2" className="fill-selected" />
      <rect width={width} height="4" rx="2" className="fill-control" />
    </svg>
  );
}

function OtherRow({
  offering: { id, name, reasons, node },
  traceHref,
  isFailed = false,
}: {
  offering: OtherOffering;
  traceHref: TraceHref | undefined;
  isFailed?: boolean;
}) {
  return (
    <li className={ROW}>
      <span className="col-start-2 min-w-0">
        <OfferingName id={id} name={name} traceHref={traceHref} />
      </span>
      <div className={WHY}>
        <Reasons reasons={reasons} isError={isFailed} />
        {node && traceHref ? (
          <Link href={traceHref({ offering: id, node: node.id })} className="text-xs text-accent-text hover:underline">
            Show {node.name} in the trace
          </Link>
        ) : null}
      </div>
    </li>
  );
}

function OfferingName({ id, name, traceHref }: { id: string; name: string; traceHref: TraceHref | undefined }) {
  const text = <span className="text-sm font-medium break-words">{name}</span>;
  return (
    <span className="flex min-w-0 flex-wrap items-baseline gap-x-2">
      {traceHref ? (
        <Link href={traceHref({ offering: id })} title="Open its trace" className="min-w-0 rounded-sm hover:underline">
          {text}
        </Link>
      ) : (
        text
      )}
      {name === id ? null : <span className="min-w-0 truncate font-mono text-xs text-muted">{id}</span>}
    </span>
  );
}

function Reasons({ reasons, isError = false }: { reasons: readonly string[]; isError?: boolean }) {
  if (reasons.length === 0) return <p className="text-xs text-muted">No reasons given</p>;
  return (
    <ul className={`flex flex-wrap text-xs ${isError ? "text-danger-text" : "text-soft"}`}>
      {reasons.map((reason, index) => (
        <li key={reason} className="min-w-0 break-words">
          {reason}
          {index < reasons.length - 1 ? (
            <span aria-hidden className="px-1.5 text-muted">
              ·
            </span>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
