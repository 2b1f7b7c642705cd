/** The table of engines. */
"use client";

import Link from "next/link";

import { ENGINE_TYPE_NAMES } from "@/components/engines/engine-types";
import { useEnvironment } from "@/components/shell/use-environment";
import { Badge } from "@/components/ui/badge";
import { RelativeTime } from "@/components/ui/clock";
import { cn } from "@/components/ui/cn";
import { Skeleton } from "@/components/ui/skeleton";
import { Table, Td, Th } from "@/components/ui/table";
import type { EngineDto } from "@/lib/engines/schema";

/** Rows, or cards on a phone; each leads to the engine. */
export function EngineTable({ engines }: { engines: readonly EngineDto[] }) {
  return (
    <>
      <Table label="Engines" className="max-sm:hidden">
        <EngineTableHead />
        <tbody className="divide-y divide-hairline">
          {engines.map((engine) => (
            <tr key={engine.slug} className="relative transition-colors hover:bg-hover">
              <Td className="max-w-96">
                <EngineName engine={engine} />
              </Td>
              <Td className="font-mono text-xs">{engine.slug}</Td>
              <Td>{ENGINE_TYPE_NAMES[engine.type].label}</Td>
              <Td>
                <LatestVersion engine={engine} />
              </Td>
              <Td className="text-right text-muted">
                <RelativeTime at={engine.updated_at} />
              </Td>
              <Td className="text-right">
                <RunsLink engine={engine} />
              </Td>
            </tr>
          ))}
        </tbody>
      </Table>
      <ul className="flex flex-col divide-y divide-hairline rounded-lg border sm:hidden">
        {engines.map((engine) => (
          <li key={engine.slug} className="relative flex flex-col gap-1 px-3 py-2.5">
            <span className="flex items-center gap-2">
              <EngineLink engine={engine} className="min-w-0 flex-1 text-sm" />
              <LatestVersion engine={engine} />
            </span>
            <span className="flex items-center gap-2 text-xs text-muted">
              <code className="truncate font-mono">{engine.slug}</code>
              <span>· {ENGINE_TYPE_NAMES[engine.type].label}</span>
              <span className="ml-auto">
                <RunsLink engine={engine} />
              </span>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function EngineTableHead() {
  return (
    <thead>
      <tr>
        <Th>Name</Th>
        <Th>Slug</Th>
        <Th>Type</Th>
        <Th>Latest version</Th>
        <Th className="text-right">Updated</Th>
        <Th label="Runs" />
      </tr>
    </thead>
  );
}

function EngineName({ engine }: { engine: EngineDto }) {
  return (
    <div className="min-w-0 py-1.5">
      <EngineLink engine={engine} />
      {engine.description ? (
        <p className="truncate text-xs text-muted" title={engine.description}>
          {engine.description}
        </p>
      ) : null}
    </div>
  );
}

/** The whole row is its target. */
function EngineLink({ engine, className }: { engine: EngineDto; className?: string }) {
  const { href } = useEnvironment();
  return (
    <Link
      href={href(`/engines/${engine.slug}`)}
      className={cn("block truncate font-medium after:absolute after:inset-0", className)}
    >
      {engine.name}
    </Link>
  );
}

function LatestVersion({ engine }: { engine: EngineDto }) {
  if (engine.latest_version === null) return <Badge>Not published</Badge>;
  return <span className="font-mono text-xs">{engine.latest_version}</span>;
}

function RunsLink({ engine }: { engine: EngineDto }) {
  const { href } = useEnvironment();
  return (
    <Link
      href={href("/runs", { engine: engine.slug })}
      aria-label={`Runs of ${engine.name}`}
      className="relative rounded-sm text-sm text-accent-text underline-offset-4 hover:underline max-sm:text-xs"
    >
      Runs
    </Link>
  );
}

/** The table before its rows are there. */
export function EngineListSkeleton() {
  return (
    <Table label="Engines, loading">
      <EngineTableHead />
      <tbody aria-busy className="divide-y divide-hairline">
        {[1, 2].map((row) => (
          <tr key={row} className="h-12">
            <Td>
              <Skeleton className="w-40" />
            </Td>
            <Td>
              <Skeleton className="w-28" />
            </Td>
            <Td>
              <Skeleton className="w-20" />
            </Td>
            <Td>
              <Skeleton className="w-8" />
            </Td>
            <Td>
              <Skeleton className="ml-auto w-16" />
            </Td>
            <Td />
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
