/** The runs page below its layout: filters, live table, side panel. */
"use client";

import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { parseAsString, useQueryState } from "nuqs";

import { NewRunsBar, RunsFooter } from "@/components/runs/live-bar";
import { NoMatchingRuns, NoRuns } from "@/components/runs/no-runs";
import { RunFilterBar } from "@/components/runs/run-filter-bar";
import { type RunFilterState, useRunFilters } from "@/components/runs/run-filters";
import { RUN_ID } from "@/components/runs/run-id";
import { RunPanel } from "@/components/runs/run-panel";
import { RunTable } from "@/components/runs/run-table";
import { RunTableSkeleton } from "@/components/runs/run-table-skeleton";
import { useLiveRuns } from "@/components/runs/use-live-runs";
import { useRunKeys } from "@/components/runs/use-run-keys";
import { NoPermission } from "@/components/shell/no-permission";
import { PageHeader } from "@/components/shell/page-header";
import { useCan } from "@/components/shell/session-context";
import { useEnvironment } from "@/components/shell/use-environment";
import { useKindOf } from "@/components/shell/use-kind-of";
import { useCursorPager } from "@/components/ui/cursor-pager";
import { QueryErrorView } from "@/components/ui/query-error";
import { runsQuery } from "@/lib/runs/query-options";

/** From this width on there is room for the side panel; below, a row opens the run's own page. */
const PANEL_MEDIA = "(min-width: 1180px)";

/** Everything on the page. */
export function RunsView() {
  const mayRead = useCan("runs:read");
  const state = useRunFilters();
  return (
    <>
      <PageHeader title="Runs" />
      {mayRead ? (
        <>
          <RunFilterBar {...state} />
          <RunList {...state} />
        </>
      ) : (
        <NoPermission permission="runs:read" what="runs" />
      )}
    </>
  );
}

function RunList({ filters, count, clear }: RunFilterState) {
  const { slug, kind, href } = useEnvironment();
  const kindOf = useKindOf();
  const router = useRouter();
  const queryClient = useQueryClient();
  const pager = useCursorPager();
  const [peeked, setPeeked] = useQueryState("run", parseAsString.withOptions({ history: "replace" }));
  const peekedId = peeked !== null && RUN_ID.test(peeked) ? peeked : null;
  const query = useQuery({ ...runsQuery(slug, filters, pager.cursor), placeholderData: keepPreviousData });
  const readAnew = () => void queryClient.invalidateQueries({ queryKey: ["runs", slug] });
  const live = useLiveRuns({ environment: slug, filters, cursor: pager.cursor }, readAnew);
  const peek = (id: string) => {
    if (window.matchMedia(PANEL_MEDIA).matches) void setPeeked(id);
    else router.push(href(`/runs/${id}`));
  };
  const close = () => void setPeeked(null);
  useRunKeys({ peekedId, onPeek: peek, onClose: close });

  if (query.isPending) return <RunTableSkeleton showEnvironment={kind === "all"} />;
  if (query.isError) return <QueryErrorView title="The runs could not be loaded" query={query} />;
  const { data: runs, next_cursor } = query.data;
  const empty = runs.length === 0 && pager.cursor === null;
  return (
    <>
      <NewRunsBar
        count={live.newCount}
        onShow={() => {
          live.forgetNew();
          pager.first();
          readAnew();
        }}
      />
      {empty ? (
        count > 0 ? (
          <NoMatchingRuns onClear={clear} />
        ) : (
          <NoRuns />
        )
      ) : (
        <RunTable
          runs={runs}
          showEnvironment={kind === "all"}
          kindOf={kindOf}
          peekedId={peekedId}
          hrefOf={(id) => href(`/runs/${id}`)}
          onPeek={peek}
        />
      )}
      <RunsFooter connection={live.connection} shown={runs.length} pager={pager} nextCursor={next_cursor} />
      {peekedId ? <RunPanel key={peekedId} id={peekedId} onClose={close} /> : null}
    </>
  );
}
