/** The runs page below its layout: filters, live table or search, what can be done with rows, side panel. */
"use client";

import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { parseAsString, useQueryState } from "nuqs";
import { useState } from "react";

import { CancelMatching } from "@/components/bulk-operations/cancel-matching";
import { SelectionBar } from "@/components/bulk-operations/selection-bar";
import { BadFilterNotice } from "@/components/runs/bad-filter-notice";
import { setFind, useFind } from "@/components/runs/find-in-hash";
import { NewRunsBar, RunsFooter } from "@/components/runs/live-bar";
import { NoMatchingRuns, NoRuns } from "@/components/runs/no-runs";
import { RunFilterBar } from "@/components/runs/run-filter-bar";
import { type RunFilterState, useRunFilters } from "@/components/runs/run-filters";
import { RUN_ID } from "@/components/runs/run-id";
import { RunPanel } from "@/components/runs/run-panel";
import { RunTable } from "@/components/runs/run-table";
import { RunTableSkeleton } from "@/components/runs/run-table-skeleton";
import { useLiveRuns } from "@/components/runs/use-live-runs";
import { useSelectedRuns } from "@/components/runs/use-selected-runs";
import { ValueSearchView } from "@/components/runs/value-search-view";
import { NoPermission } from "@/components/shell/no-permission";
import { PageHeader } from "@/components/shell/page-header";
import { useCan } from "@/components/shell/session-context";
import { useRowKeys } from "@/components/shell/use-row-keys";
import { useEnvironment, useRefusal } from "@/components/shell/use-environment";
import { useKindOf } from "@/components/shell/use-kind-of";
import { Button } from "@/components/ui/button";
import { buttonStyles } from "@/components/ui/button-styles";
import { Callout } from "@/components/ui/callout";
import { useCursorPager } from "@/components/ui/cursor-pager";
import { QueryErrorView } from "@/components/ui/query-error";
import { runsQuery } from "@/lib/runs/query-options";
import type { RunSummaryDto } from "@/lib/runs/schema";
import { parseValueQuery } from "@/lib/runs/value-query";

/** From this width on there is room for the side panel; below, a row opens the run's own page. */
const PANEL_MEDIA = "(min-width: 1180px)";
const NONE: readonly RunSummaryDto[] = [];

/** Everything on the page. */
export function RunsView() {
  const mayRead = useCan("runs:read");
  const state = useRunFilters();
  const find = useFind();
  if (!mayRead) {
    return (
      <>
        <PageHeader title="Runs" />
        <NoPermission permission="runs:read" what="runs" />
      </>
    );
  }
  return (
    <>
      <PageHeader title="Runs">
        <CancelMatching filters={state.filters} count={state.count} searching={find !== null} />
        <NewRun engine={state.filters.engine} />
      </PageHeader>
      <RunFilterBar {...state} />
      <BadFilterNotice {...state} />
      <RunsOrSearch {...state} find={find} />
    </>
  );
}

/** Leads to the run tester, with the engine that the list is narrowed to. */
function NewRun({ engine }: { engine: string | null }) {
  const { href } = useEnvironment();
  const refusal = useRefusal("runs:write");
  if (refusal) {
    return (
      <Button variant="primary" disabledReason={refusal}>
        <Plus aria-hidden />
        New run
      </Button>
    );
  }
  return (
    <Link href={href("/runs/new", engine === null ? {} : { engine })} className={buttonStyles({ variant: "primary" })}>
      <Plus aria-hidden />
      New run
    </Link>
  );
}

/** A search by value takes the place of the list. */
function RunsOrSearch({ find, ...state }: RunFilterState & { find: string | null }) {
  const mayFind = useCan("payloads:read");
  const { problem } = find === null ? {} : parseValueQuery(find);
  if (find === null) return <RunList {...state} />;
  if (!mayFind) return <NoPermission permission="payloads:read" what="what runs were given" />;
  if (problem === undefined) return <FoundRuns {...state} find={find} />;
  return (
    <>
      <Callout tone="warning" live="alert" className="mb-3">
        The search in the address {problem}. It is not applied.
      </Callout>
      <RunList {...state} />
    </>
  );
}

/** What rows do, whichever list they stand in. */
function useRunRows(rows: readonly RunSummaryDto[], page: string) {
  const { slug, kind, href } = useEnvironment();
  const kindOf = useKindOf();
  const router = useRouter();
  const mayWrite = useRefusal("runs:write") === undefined;
  const [peeked, setPeeked] = useQueryState("run", parseAsString.withOptions({ history: "replace" }));
  const peekedId = peeked !== null && RUN_ID.test(peeked) ? peeked : null;
  const { selection, selected } = useSelectedRuns(rows, `${slug} ${page}`);
  const onPeek = (id: string) => {
    if (window.matchMedia(PANEL_MEDIA).matches) void setPeeked(id);
    else router.push(href(`/runs/${id}`));
  };
  const onClose = () => void setPeeked(null);
  const onNew = () => (mayWrite ? router.push(href("/runs/new")) : undefined);
  useRowKeys({ attribute: "data-run-link", peekedId, onPeek, onClose, onSelect: selection.toggle, onNew });
  const hrefOf = (id: string) => href(`/runs/${id}`);
  return {
    table: { showEnvironment: kind === "all", kindOf, peekedId, hrefOf, onPeek, selection },
    bar: <SelectionBar runs={selected} onClear={selection.clear} />,
    panel: peekedId ? <RunPanel key={peekedId} id={peekedId} onClose={onClose} /> : null,
  };
}

function FoundRuns({ filters, find }: RunFilterState & { find: string }) {
  const { slug } = useEnvironment();
  const [found, setFound] = useState<readonly RunSummaryDto[]>(NONE);
  const { table, bar, panel } = useRunRows(found, find);
  return (
    <>
      {bar}
      <ValueSearchView
        environment={slug}
        filters={filters}
        query={find}
        onFound={setFound}
        onLeave={() => setFind(null)}
        table={table}
      />
      {panel}
    </>
  );
}

function RunList({ filters, count, clear }: RunFilterState) {
  const { slug, kind } = useEnvironment();
  const queryClient = useQueryClient();
  const pager = useCursorPager();
  const query = useQuery({ ...runsQuery(slug, filters, pager.cursor), placeholderData: keepPreviousData });
  const readAnew = () => void queryClient.invalidateQueries({ queryKey: ["runs", slug] });
  const live = useLiveRuns({ environment: slug, filters, cursor: pager.cursor }, readAnew);
  const { table, bar, panel } = useRunRows(query.data?.data ?? NONE, JSON.stringify([filters, pager.cursor]));

  if (query.isPending) return <RunTableSkeleton showEnvironment={kind === "all"} />;
  if (query.isError) return <QueryErrorView title="The runs could not be loaded" query={query} />;
  const { data: runs, next_cursor } = query.data;
  const empty = runs.length === 0 && pager.cursor === null;
  return (
    <>
      {bar}
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
          <NoMatchingRuns onClear={() => clear()} />
        ) : (
          <NoRuns />
        )
      ) : (
        <RunTable runs={runs} {...table} />
      )}
      <RunsFooter connection={live.connection} shown={runs.length} pager={pager} nextCursor={next_cursor} />
      {panel}
    </>
  );
}
