/** The runs themselves: a table, and two-line cards where a table does not fit. */
"use client";

import Link from "next/link";
import type { MouseEvent, ReactNode } from "react";

import { shortId } from "@/components/runs/run-id";
import { RunResult } from "@/components/runs/run-result";
import { RunStatusLabel } from "@/components/runs/run-status";
import { RunTags } from "@/components/runs/run-tags";
import type { RunSelection } from "@/components/runs/use-selected-runs";
import { EnvironmentBadge } from "@/components/shell/environment-mark";
import { RelativeTime } from "@/components/ui/clock";
import { formatDuration } from "@/components/ui/format-number";
import { Table, Td, Th } from "@/components/ui/table";
import type { EnvironmentKind } from "@/lib/environments/environment-param";
import type { RunSummaryDto } from "@/lib/runs/schema";

export type RunTableProps = {
  runs: readonly RunSummaryDto[];
  /** Adds the environment column: for the rollup. */
  showEnvironment: boolean;
  kindOf: (slug: string) => EnvironmentKind;
  /** Id of the run in the side panel. */
  peekedId: string | null;
  hrefOf: (id: string) => string;
  /** A plain click on a row; others (new tab, middle button) are left to the browser. */
  onPeek: (id: string) => void;
  selection: RunSelection;
};

/** Both shapes; CSS shows one. */
export function RunTable(props: RunTableProps) {
  return (
    <>
      <Table label="Runs" className="max-sm:hidden">
        <RunTableHead
          showEnvironment={props.showEnvironment}
          checkbox={<SelectAll runs={props.runs} selection={props.selection} />}
        />
        <tbody className="divide-y divide-hairline">
          {props.runs.map((run) => (
            <RunRow key={run.run_id} run={run} {...props} />
          ))}
        </tbody>
      </Table>
      <ul className="flex flex-col divide-y divide-hairline rounded-lg border sm:hidden">
        {props.runs.map((run) => (
          <RunCard key={run.run_id} run={run} {...props} />
        ))}
      </ul>
    </>
  );
}

/** The column headings; the skeleton shows the same. */
export function RunTableHead({ showEnvironment, checkbox }: { showEnvironment: boolean; checkbox?: ReactNode }) {
  return (
    <thead>
      <tr>
        <Th className="w-9 pr-0">{checkbox}</Th>
        <Th className="w-32">Status</Th>
        <Th className="w-36">Run</Th>
        {showEnvironment ? <Th>Environment</Th> : null}
        <Th>Engine</Th>
        <Th className="w-20">Version</Th>
        <Th className="w-24 text-right">Duration</Th>
        <Th>Result</Th>
        <Th className="max-lg:hidden">Key</Th>
        <Th className="w-28 text-right">Created</Th>
      </tr>
    </thead>
  );
}

const CHECKBOX = "block size-4 accent-accent";

function SelectAll({ runs, selection }: Pick<RunTableProps, "runs" | "selection">) {
  const all = selection.ids.size === runs.length;
  return (
    <input
      type="checkbox"
      aria-label="Select all runs of this page"
      checked={all}
      ref={(box) => {
        if (box) box.indeterminate = !all && selection.ids.size > 0;
      }}
      onChange={selection.toggleAll}
      className={CHECKBOX}
    />
  );
}

type RowProps = Omit<RunTableProps, "runs"> & { run: RunSummaryDto };

/** Whether the browser would open the link elsewhere. */
function opensElsewhere(event: MouseEvent): boolean {
  return event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0;
}

function RunRow({ run, showEnvironment, kindOf, peekedId, hrefOf, onPeek, selection }: RowProps) {
  const peeked = run.run_id === peekedId;
  const selected = selection.ids.has(run.run_id);
  return (
    <tr
      aria-current={peeked || undefined}
      onClick={(event) => {
        const onControl = event.target instanceof Element && event.target.closest("a, button, input") !== null;
        if (!onControl && !opensElsewhere(event)) onPeek(run.run_id);
      }}
      data-selected={selected || undefined}
      className="cursor-default transition-colors hover:bg-hover data-selected:bg-accent-tint aria-current:bg-selected has-focus-visible:bg-hover"
    >
      <Td className="pr-0">
        <input
          type="checkbox"
          aria-label={`Select run ${shortId(run.run_id)}`}
          checked={selected}
          onChange={() => selection.toggle(run.run_id)}
          className={CHECKBOX}
        />
      </Td>
      <Td>
        <RunStatusLabel status={run.status} />
      </Td>
      <Td>
        <Link
          href={hrefOf(run.run_id)}
          data-run-link={run.run_id}
          prefetch={false}
          title={run.run_id}
          className="rounded-sm font-mono text-xs underline-offset-4 hover:underline"
        >
          {shortId(run.run_id)}
        </Link>
      </Td>
      {showEnvironment ? (
        <Td>
          <EnvironmentBadge slug={run.environment} kind={kindOf(run.environment)} />
        </Td>
      ) : null}
      <Td className="max-w-56 truncate">{run.engine}</Td>
      <Td className="font-mono text-xs text-soft">{run.engine_version}</Td>
      <Td className="text-right font-mono text-xs text-soft tabular-nums">
        {run.duration_ms === undefined ? "–" : formatDuration(run.duration_ms)}
      </Td>
      <Td className="max-w-80 truncate">
        <span className="flex items-center gap-2 [&>:empty]:hidden">
          <RunResult run={run} />
          <RunTags tags={run.tags} />
        </span>
      </Td>
      <Td className="max-w-40 truncate text-muted max-lg:hidden" title={run.key_name}>
        {run.key_name ?? run.source}
      </Td>
      <Td className="text-right text-muted">
        <RelativeTime at={run.created_at} />
      </Td>
    </tr>
  );
}

function RunCard({ run, showEnvironment, kindOf, hrefOf }: RowProps) {
  return (
    <li>
      <Link
        href={hrefOf(run.run_id)}
        prefetch={false}
        className="flex flex-col gap-1 px-3 py-2.5 transition-colors -outline-offset-2 hover:bg-hover"
      >
        <span className="flex items-center gap-2">
          <RunStatusLabel status={run.status} />
          <span className="truncate font-mono text-xs text-soft">{shortId(run.run_id)}</span>
          <RelativeTime at={run.created_at} className="ml-auto text-xs text-muted" />
        </span>
        <span className="flex items-center gap-2 text-sm">
          <span className="truncate">
            {run.engine} <span className="font-mono text-xs text-muted">{run.engine_version}</span>
          </span>
          {showEnvironment ? <EnvironmentBadge slug={run.environment} kind={kindOf(run.environment)} /> : null}
          <span className="ml-auto shrink-0 font-mono text-xs text-muted">
            {run.duration_ms === undefined ? "–" : formatDuration(run.duration_ms)}
          </span>
        </span>
        <RunTags tags={run.tags} />
      </Link>
    </li>
  );
}
