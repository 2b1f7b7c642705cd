/** How many runs of each environment run now and may run at once: a table, and cards where a table does not fit. */
"use client";

import { ConcurrencyLimit } from "@/components/limits/concurrency-limit";
import { EnvironmentBadge } from "@/components/shell/environment-mark";
import { formatCount } from "@/components/ui/format-number";
import { Table, Td, Th } from "@/components/ui/table";
import type { EnvironmentLimits } from "@/lib/limits/schema";

const shown = (limit: number | null) =>
  limit === null ? <span className="font-sans text-sm text-muted">None</span> : formatCount(limit);

/** Both shapes; CSS shows one. */
export function ConcurrencyTable({ environments }: { environments: readonly EnvironmentLimits[] }) {
  return (
    <>
      <Table label="Runs at once, by environment" className="max-sm:hidden">
        <thead>
          <tr>
            <Th>Environment</Th>
            <Th className="text-right">Running now</Th>
            <Th className="text-right">In force</Th>
            <Th className="text-right">Operator’s ceiling</Th>
            <Th className="w-80">Your limit</Th>
          </tr>
        </thead>
        <tbody className="divide-y divide-hairline">
          {environments.map((one) => (
            <tr key={one.environment}>
              <Td>
                <EnvironmentBadge slug={one.environment} kind={one.kind} />
              </Td>
              <Td className="text-right font-mono text-xs tabular-nums">
                <Running of={one} />
              </Td>
              <Td className="text-right font-mono text-xs tabular-nums">{shown(one.concurrency.effective)}</Td>
              <Td className="text-right font-mono text-xs tabular-nums text-muted">{shown(one.concurrency.ceiling)}</Td>
              <Td className="py-1 whitespace-normal">
                <ConcurrencyLimit of={one} />
              </Td>
            </tr>
          ))}
        </tbody>
      </Table>
      <ul className="flex flex-col divide-y divide-hairline rounded-lg border sm:hidden">
        {environments.map((one) => (
          <li key={one.environment} className="flex flex-col gap-1.5 px-3 py-2.5">
            <div className="flex items-center justify-between gap-2">
              <EnvironmentBadge slug={one.environment} kind={one.kind} />
              <span className="text-xs text-muted tabular-nums">
                <Running of={one} /> running now
              </span>
            </div>
            <p className="text-xs text-muted tabular-nums">
              {one.concurrency.effective === null
                ? "No limit in force"
                : `At most ${formatCount(one.concurrency.effective)} at once`}
              {" · "}
              {one.concurrency.ceiling === null ? "no ceiling" : `ceiling ${formatCount(one.concurrency.ceiling)}`}
            </p>
            <ConcurrencyLimit of={one} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Running({ of: { concurrency } }: { of: EnvironmentLimits }) {
  const { running, effective } = concurrency;
  const isFull = effective !== null && running >= effective;
  if (!isFull) return formatCount(running);
  return (
    <span className="text-warning-text">
      {formatCount(running)}
      <span className="ml-1.5 font-sans">full</span>
    </span>
  );
}
