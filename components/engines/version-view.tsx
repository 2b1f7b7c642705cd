/** One published version: what it says of itself, its graph, its config. Nothing here can change. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, GitCompareArrows, SearchX } from "lucide-react";
import Link from "next/link";
import { useMemo } from "react";

import { DecisionGraph } from "@/components/decision-graph/decision-graph";
import { configText } from "@/components/engines/config-text";
import { changeOfNumber, ChangeBadge } from "@/components/engines/version-change";
import { PinnedEnvironments } from "@/components/engines/version-table";
import { NoPermission } from "@/components/shell/no-permission";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment } from "@/components/shell/use-environment";
import { buttonStyles } from "@/components/ui/button-styles";
import { RelativeTime } from "@/components/ui/clock";
import { JsonView } from "@/components/ui/json-view";
import { QueryErrorView } from "@/components/ui/query-error";
import { Skeleton } from "@/components/ui/skeleton";
import { StateView } from "@/components/ui/state-view";
import type { EngineConfig, EngineVersionDetail } from "@/lib/engines/schema";
import { enginePinsQuery, versionPageQuery, versionQuery } from "@/lib/engines/version-query-options";
import { PortalError } from "@/lib/http/portal-client";

/** Below the engine's header. */
export function VersionView({ slug, version }: { slug: string; version: string }) {
  const maySee = useCan("engines:manage");
  const query = useQuery({ ...versionQuery(slug, version), enabled: maySee });
  if (!maySee) return <NoPermission permission="engines:manage" what="what a version does" />;
  if (query.isPending) return <VersionSkeleton />;
  if (query.error instanceof PortalError && query.error.status === 404)
    return <NoSuchVersion slug={slug} version={version} />;
  if (query.isError) return <QueryErrorView title="The version could not be loaded" query={query} />;
  return (
    <>
      <VersionHeader slug={slug} version={query.data} />
      {query.data.changelog === "" ? null : (
        <p className="mb-4 max-w-3xl text-sm break-words whitespace-pre-wrap">{query.data.changelog}</p>
      )}
      <div className="flex flex-col gap-4">
        {"nodes" in query.data.config ? (
          <DecisionGraph
            config={query.data.config}
            label={`Decision graph of ${version}`}
            className="h-72 rounded-lg border"
          />
        ) : null}
        <ConfigJson config={query.data.config} version={version} />
      </div>
    </>
  );
}

/** In the order in which the editor shows it: the database keeps none. */
function ConfigJson({ config, version }: { config: EngineConfig; version: string }) {
  const value = useMemo(() => JSON.parse(configText(config)) as unknown, [config]);
  return <JsonView value={value} label={`Config of ${version}`} />;
}

function VersionHeader({
  slug,
  version: { version, published_by, created_at },
}: {
  slug: string;
  version: EngineVersionDetail;
}) {
  const { href } = useEnvironment();
  const pins = useQuery(enginePinsQuery(slug)).data?.data ?? [];
  const newest = useQuery(versionPageQuery(slug, null)).data?.data ?? [];
  const before = newest[newest.findIndex((one) => one.version === version) + 1];
  const hasBefore = before !== undefined && newest.some((one) => one.version === version);
  return (
    <div className="mb-3 flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
      <div className="min-w-0">
        <BackLink slug={slug} />
        <h2 className="flex flex-wrap items-center gap-2 text-base font-semibold">
          <span className="font-mono">{version}</span>
          <ChangeBadge change={changeOfNumber(version)} />
          <PinnedEnvironments pins={pins.filter((pin) => pin.version === version)} />
        </h2>
        <p className="text-sm break-words text-muted">
          Published <RelativeTime at={created_at} /> by {published_by}
        </p>
      </div>
      <div className="flex flex-wrap gap-2">
        <Link href={href("/runs", { engine: slug, version })} className={buttonStyles({ size: "sm" })}>
          Runs
        </Link>
        {hasBefore ? (
          <Link
            href={href(`/engines/${slug}/versions/diff`, { from: before.version, to: version })}
            className={buttonStyles({ size: "sm" })}
          >
            <GitCompareArrows aria-hidden />
            Changes from {before.version}
          </Link>
        ) : null}
        <Link
          href={href(`/engines/${slug}/versions/diff`, { from: version, to: "draft" })}
          className={buttonStyles({ size: "sm" })}
        >
          <GitCompareArrows aria-hidden />
          Compare with the draft
        </Link>
      </div>
    </div>
  );
}

/** To the list. */
export function BackLink({ slug }: { slug: string }) {
  const { href } = useEnvironment();
  return (
    <Link
      href={href(`/engines/${slug}/versions`)}
      className="-ml-1 inline-flex items-center gap-0.5 rounded-sm text-sm text-muted hover:text-ink"
    >
      <ChevronLeft className="size-4" aria-hidden />
      Versions
    </Link>
  );
}

function NoSuchVersion({ slug, version }: { slug: string; version: string }) {
  const { href } = useEnvironment();
  return (
    <StateView
      icon={SearchX}
      title="No such version"
      actions={
        <Link href={href(`/engines/${slug}/versions`)} className={buttonStyles({})}>
          All versions
        </Link>
      }
    >
      This engine has no version <code className="font-mono text-xs break-all text-soft">{version.slice(0, 64)}</code>.
    </StateView>
  );
}

function VersionSkeleton() {
  return (
    <div aria-busy className="flex flex-col gap-3">
      <span className="sr-only">Loading the version</span>
      <Skeleton className="h-5 w-32" />
      <Skeleton className="h-4 w-60" />
      <Skeleton className="h-80 w-full" />
    </div>
  );
}
