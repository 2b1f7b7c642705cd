/** Two versions of an engine beside each other, or one and the draft: what differs, drawn and told. The URL says which two. */
"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ArrowLeftRight, SearchX } from "lucide-react";
import { parseAsString, useQueryStates } from "nuqs";
import { useMemo, useState } from "react";

import { DecisionGraph } from "@/components/decision-graph/decision-graph";
import { ConfigDiffView } from "@/components/engines/config-diff";
import { ComparedVersions } from "@/components/engines/compared-versions";
import { bothGraphs } from "@/components/engines/both-graphs";
import { COMPATIBLE_WORDS, ContractReasons } from "@/components/engines/version-change";
import { BackLink } from "@/components/engines/version-view";
import { NoPermission } from "@/components/shell/no-permission";
import { useCan } from "@/components/shell/session-context";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { formatPlural } from "@/components/ui/format-number";
import { QueryErrorView } from "@/components/ui/query-error";
import { Skeleton } from "@/components/ui/skeleton";
import { StateView } from "@/components/ui/state-view";
import type { EngineDiff } from "@/lib/engines/diff-schema";
import { engineDraftQuery } from "@/lib/engines/query-options";
import { diffQuery, versionQuery } from "@/lib/engines/version-query-options";
import { PortalError } from "@/lib/http/portal-client";

/** Below the engine's header. */
export function VersionDiffView({ slug }: { slug: string }) {
  const maySee = useCan("engines:manage");
  if (!maySee) return <NoPermission permission="engines:manage" what="how versions differ" />;
  return <Comparison slug={slug} />;
}

function Comparison({ slug }: { slug: string }) {
  const [{ from, to }, setSides] = useQueryStates(
    { from: parseAsString.withDefault("latest"), to: parseAsString.withDefault("draft") },
    { history: "push", clearOnDefault: false },
  );
  const query = useQuery({ ...diffQuery(slug, from, to), placeholderData: keepPreviousData });
  return (
    <>
      <BackLink slug={slug} />
      <div className="mb-4 flex flex-wrap items-end gap-2">
        <ComparedVersions
          slug={slug}
          label="From"
          value={query.data && !query.isPlaceholderData ? query.data.from : from}
          onChange={(side) => void setSides({ from: side })}
        />
        <Button
          size="icon"
          className="max-sm:order-last"
          aria-label="Exchange the two"
          onClick={() => void setSides({ from: to, to: from })}
        >
          <ArrowLeftRight aria-hidden />
        </Button>
        <ComparedVersions
          slug={slug}
          label="To"
          value={query.data && !query.isPlaceholderData ? query.data.to : to}
          onChange={(side) => void setSides({ to: side })}
        />
      </div>
      {query.isPending ? <DiffSkeleton /> : null}
      {query.isError ? <DiffError query={query} /> : null}
      {query.data && !query.isError ? <Difference slug={slug} found={query.data} /> : null}
    </>
  );
}

function DiffError({ query }: { query: { error: Error; refetch: () => unknown; isFetching: boolean } }) {
  const { error } = query;
  if (error instanceof PortalError && [400, 404].includes(error.status)) {
    return (
      <StateView icon={SearchX} title="Nothing to compare">
        {error.message === "Draft not found"
          ? "This engine has no draft."
          : "One of the two is not there: choose others above, or publish the draft first."}
      </StateView>
    );
  }
  return <QueryErrorView title="The two could not be compared" query={query} />;
}

function Difference({ slug, found }: { slug: string; found: EngineDiff }) {
  const [selected, setSelected] = useState<string | null>(null);
  const { from, to, compatibility, reasons, diff } = found;
  return (
    <div className="flex flex-col gap-4">
      <p className="flex flex-wrap items-center gap-2 text-sm" aria-live="polite">
        <strong className="font-semibold">{formatPlural(diff.total, "change")}</strong>
        <span className="text-muted">
          from <span className="font-mono">{from}</span> to <span className="font-mono">{to}</span>
        </span>
      </p>
      {compatibility === "breaking" ? (
        <Callout tone="warning">
          <p className="font-medium">
            Callers of {from} could not go on with {to === "draft" ? "the draft" : to}:
          </p>
          <ContractReasons reasons={reasons} />
        </Callout>
      ) : (
        <p className="text-sm text-muted">{COMPATIBLE_WORDS}</p>
      )}
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Drawn slug={slug} found={found} selected={selected} onSelect={setSelected} />
        <ConfigDiffView diff={diff} selected={selected} onSelect={setSelected} />
      </div>
    </div>
  );
}

type DrawnProps = {
  slug: string;
  found: EngineDiff;
  selected: string | null;
  onSelect: (nodeId: string | null) => void;
};

/** The graph of both: what is gone stands beside what came. Nothing for configs that are no graphs. */
function Drawn({ slug, found: { from, to, diff }, selected, onSelect }: DrawnProps) {
  const before = useConfig(slug, from);
  const after = useConfig(slug, to);
  const graph = useMemo(() => bothGraphs(before, after, diff), [before, after, diff]);
  const highlight = useMemo(() => new Map(diff.nodes.map(({ id, kind }) => [id, kind] as const)), [diff]);
  if (before === undefined || after === undefined) return <Skeleton className="h-96 w-full" />;
  if (graph === null) return null;
  return (
    <DecisionGraph
      config={graph}
      highlight={highlight}
      selected={selected}
      onSelect={onSelect}
      label={`Changes from ${from} to ${to}, drawn`}
      className="h-96 rounded-lg border lg:sticky lg:top-16 lg:h-[calc(100dvh-9rem)]"
    />
  );
}

/** The config of one side; undefined until it is here. */
function useConfig(slug: string, side: string): unknown {
  const version = useQuery({ ...versionQuery(slug, side), enabled: side !== "draft" });
  const draft = useQuery({ ...engineDraftQuery(slug), enabled: side === "draft" });
  return side === "draft" ? draft.data?.config : version.data?.config;
}

function DiffSkeleton() {
  return (
    <div aria-busy className="grid gap-4 lg:grid-cols-2">
      <span className="sr-only">Comparing</span>
      <Skeleton className="h-96 w-full" />
      <div className="flex flex-col gap-3">
        <Skeleton className="h-24 w-full" />
        <Skeleton className="h-24 w-full" />
      </div>
    </div>
  );
}
