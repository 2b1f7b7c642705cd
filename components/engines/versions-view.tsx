/** The published versions of an engine, newest first, and what each environment runs. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { GitCompareArrows, Tags } from "lucide-react";
import Link from "next/link";

import { EnvironmentPins } from "@/components/engines/environment-pins";
import { VersionTable } from "@/components/engines/version-table";
import { useEnvironment, usePermissionRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { buttonStyles } from "@/components/ui/button-styles";
import { PagerButtons, useCursorPager } from "@/components/ui/cursor-pager";
import { QueryErrorView } from "@/components/ui/query-error";
import { Skeleton } from "@/components/ui/skeleton";
import { StateView } from "@/components/ui/state-view";
import { enginePinsQuery, versionPageQuery } from "@/lib/engines/version-query-options";

/** The versions tab. */
export function VersionsView({ slug }: { slug: string }) {
  const pager = useCursorPager();
  const versions = useQuery(versionPageQuery(slug, pager.cursor));
  const pins = useQuery(enginePinsQuery(slug));
  if (versions.isPending) return <VersionsSkeleton />;
  if (versions.isError) return <QueryErrorView title="The versions could not be loaded" query={versions} />;
  const { data: rows, next_cursor } = versions.data;
  if (rows.length === 0 && pager.cursor === null) {
    return (
      <StateView icon={Tags} title="Nothing published yet">
        Each publication of the draft makes a version that never changes: 1.0 first, then a minor one while callers can
        go on as they are, and a major one where they cannot.
      </StateView>
    );
  }
  return (
    <div className="grid items-start gap-6 xl:grid-cols-[minmax(0,1fr)_22rem]">
      <section aria-labelledby="versions" className="min-w-0">
        <div className="mb-2 flex min-h-8 flex-wrap items-center justify-between gap-2">
          <h2 id="versions" className="text-base font-semibold">
            Published versions
          </h2>
          <CompareButton slug={slug} />
        </div>
        <VersionTable slug={slug} versions={rows} pins={pins.data?.data ?? []} />
        <div className="mt-3 flex justify-end">
          <PagerButtons pager={pager} nextCursor={next_cursor} />
        </div>
      </section>
      <EnvironmentPins slug={slug} pins={pins} versions={rows} />
    </div>
  );
}

function CompareButton({ slug }: { slug: string }) {
  const { href } = useEnvironment();
  const refusal = usePermissionRefusal("engines:manage");
  const content = (
    <>
      <GitCompareArrows aria-hidden />
      Compare
    </>
  );
  if (refusal) {
    return (
      <Button size="sm" disabledReason={refusal}>
        {content}
      </Button>
    );
  }
  return (
    <Link
      href={href(`/engines/${slug}/versions/diff`, { from: "latest", to: "draft" })}
      className={buttonStyles({ size: "sm" })}
    >
      {content}
    </Link>
  );
}

function VersionsSkeleton() {
  return (
    <div aria-busy className="flex flex-col gap-3">
      <span className="sr-only">Loading the versions</span>
      <Skeleton className="h-5 w-40" />
      <Skeleton className="h-9 w-full" />
      <Skeleton className="h-9 w-full" />
      <Skeleton className="h-9 w-full" />
    </div>
  );
}
