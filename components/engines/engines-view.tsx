/** The engines of the organization, to read. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { Cpu } from "lucide-react";
import Link from "next/link";

import { NoPermission } from "@/components/shell/no-permission";
import { PageHeader } from "@/components/shell/page-header";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment } from "@/components/shell/use-environment";
import { Badge } from "@/components/ui/badge";
import { RelativeTime } from "@/components/ui/clock";
import { PagerButtons, useCursorPager } from "@/components/ui/cursor-pager";
import { QueryErrorView } from "@/components/ui/query-error";
import { Skeleton } from "@/components/ui/skeleton";
import { StateView } from "@/components/ui/state-view";
import { Table, Td, Th } from "@/components/ui/table";
import { enginesQuery } from "@/lib/engines/query-options";
import type { EngineDto } from "@/lib/engines/schema";

const TYPE: Record<EngineDto["type"], string> = {
  placement: "Placement",
  entity_analysis: "Entity analysis",
  http: "HTTP",
};

/** Everything on the page. */
export function EnginesView() {
  const mayRead = useCan("engines:read");
  return (
    <>
      <PageHeader title="Engines" note="Shared by all environments of the organization" />
      {mayRead ? <EngineList /> : <NoPermission permission="engines:read" what="engines" />}
    </>
  );
}

function EngineList() {
  const pager = useCursorPager();
  const query = useQuery(enginesQuery(pager.cursor));
  if (query.isPending) return <EngineListSkeleton />;
  if (query.isError) return <QueryErrorView title="The engines could not be loaded" query={query} />;
  const { data: engines, next_cursor } = query.data;
  if (engines.length === 0 && pager.cursor === null) {
    return (
      <StateView icon={Cpu} title="No engines yet">
        An engine is created, configured and published through the API, at{" "}
        <code className="font-mono text-xs text-soft">POST /api/v1/engines</code>.
      </StateView>
    );
  }
  return (
    <>
      <EngineTable engines={engines} />
      <div className="mt-3 flex justify-end">
        <PagerButtons pager={pager} nextCursor={next_cursor} />
      </div>
    </>
  );
}

function EngineTable({ engines }: { engines: readonly EngineDto[] }) {
  return (
    <>
      <Table label="Engines" className="max-sm:hidden">
        <EngineTableHead />
        <tbody className="divide-y divide-hairline">
          {engines.map((engine) => (
            <tr key={engine.slug} className="transition-colors hover:bg-hover">
              <Td className="max-w-96">
                <EngineName engine={engine} />
              </Td>
              <Td className="font-mono text-xs">{engine.slug}</Td>
              <Td>{TYPE[engine.type]}</Td>
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
          <li key={engine.slug} className="flex flex-col gap-1 px-3 py-2.5">
            <span className="flex items-center gap-2">
              <span className="min-w-0 flex-1 truncate text-sm font-medium">{engine.name}</span>
              <LatestVersion engine={engine} />
            </span>
            <span className="flex items-center gap-2 text-xs text-muted">
              <code className="truncate font-mono">{engine.slug}</code>
              <span>· {TYPE[engine.type]}</span>
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
        <Th className="text-right">Changed</Th>
        <Th label="Runs" />
      </tr>
    </thead>
  );
}

function EngineName({ engine }: { engine: EngineDto }) {
  return (
    <div className="min-w-0 py-1.5">
      <p className="truncate font-medium">{engine.name}</p>
      {engine.description ? (
        <p className="truncate text-xs text-muted" title={engine.description}>
          {engine.description}
        </p>
      ) : null}
    </div>
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
      className="rounded-sm text-sm text-accent-text underline-offset-4 hover:underline max-sm:text-xs"
    >
      Runs
    </Link>
  );
}

function EngineListSkeleton() {
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
