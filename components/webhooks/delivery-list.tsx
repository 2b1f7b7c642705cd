/** A list of deliveries with its filters, its freshness, its pages and its side panel. */
"use client";

import { ArrowUp, ListFilter } from "lucide-react";
import { useRouter } from "next/navigation";
import { parseAsString, useQueryState } from "nuqs";
import type { ReactNode } from "react";

import { BadFilterNotice } from "@/components/runs/bad-filter-notice";
import { RUN_ID } from "@/components/runs/run-id";
import { useSingleKeys } from "@/components/shell/shortcuts";
import { useEnvironment } from "@/components/shell/use-environment";
import { useRowKeys } from "@/components/shell/use-row-keys";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { PagerButtons, useCursorPager } from "@/components/ui/cursor-pager";
import { formatPlural } from "@/components/ui/format-number";
import { Kbd } from "@/components/ui/kbd";
import { QueryErrorView } from "@/components/ui/query-error";
import { StateView } from "@/components/ui/state-view";
import { DeliveryFilterBar } from "@/components/webhooks/delivery-filter-bar";
import { DeliveryPanel } from "@/components/webhooks/delivery-panel";
import {
  DELIVERY_LINK,
  DeliveryTable,
  DeliveryTableSkeleton,
  useDeliveryHref,
} from "@/components/webhooks/delivery-table";
import { useDeliveryFilters } from "@/components/webhooks/use-delivery-filters";
import { type DeliverySource, useLiveDeliveries } from "@/components/webhooks/use-live-deliveries";
import type { DeliveryDto } from "@/lib/webhooks/deliveries-schema";

/** From this width on there is room for the side panel; below, a row opens the delivery's own page. */
const PANEL_MEDIA = "(min-width: 1180px)";

/** `empty` stands where there is no delivery at all; `actions` at the right of the filters. */
export function DeliveryList({
  source,
  empty,
  actions,
}: {
  source: DeliverySource;
  empty: ReactNode;
  actions?: ReactNode;
}) {
  const { kind } = useEnvironment();
  const showEndpoint = "environment" in source;
  const state = useDeliveryFilters({ withEndpoint: showEndpoint });
  const pager = useCursorPager();
  const { query, merged, showNew, isStale } = useLiveDeliveries(source, state.filters, pager.cursor);
  const { peekedId, onPeek, panel } = usePeek(merged.rows);
  const columns = { showEndpoint, showEnvironment: showEndpoint && kind === "all", showRun: true };
  const list = () => {
    if (query.isPending) return <DeliveryTableSkeleton {...columns} />;
    if (query.isError) return <QueryErrorView title="The deliveries could not be loaded" query={query} />;
    if (merged.rows.length === 0 && pager.cursor === null) {
      return state.count > 0 ? <NoMatches onClear={() => state.clear()} /> : empty;
    }
    return <DeliveryTable deliveries={merged.rows} {...columns} peekedId={peekedId} onPeek={onPeek} />;
  };
  return (
    <>
      <DeliveryFilterBar {...state} withEndpoint={showEndpoint}>
        {actions}
      </DeliveryFilterBar>
      <BadFilterNotice {...state} />
      <NewDeliveries count={merged.rows.length > 0 ? merged.fresh : 0} onShow={showNew} />
      {list()}
      {query.isSuccess ? (
        <ListFooter stale={isStale} rows={merged.rows.length}>
          <PagerButtons pager={pager} nextCursor={query.data.next_cursor} />
        </ListFooter>
      ) : null}
      {panel}
    </>
  );
}

/** The delivery beside the list. It stands in the URL by its id and its endpoint's. */
function usePeek(rows: readonly DeliveryDto[]) {
  const router = useRouter();
  const hrefOf = useDeliveryHref();
  const [peeked, setPeeked] = useQueryState("delivery", parseAsString.withOptions({ history: "replace" }));
  const [endpointId = "", id = ""] = peeked?.split("/") ?? [];
  const isGood = RUN_ID.test(endpointId) && RUN_ID.test(id);
  const onClose = () => void setPeeked(null);
  const onPeek = (delivery: Pick<DeliveryDto, "id" | "endpoint_id">) => {
    if (window.matchMedia(PANEL_MEDIA).matches) void setPeeked(`${delivery.endpoint_id}/${delivery.id}`);
    else router.push(hrefOf(delivery));
  };
  const peekedId = isGood ? id : null;
  useRowKeys({
    attribute: DELIVERY_LINK,
    peekedId,
    onClose,
    onPeek: (rowId) => {
      const row = rows.find((delivery) => delivery.id === rowId);
      if (row) onPeek(row);
    },
  });
  const panel = isGood ? <DeliveryPanel key={id} delivery={{ endpoint_id: endpointId, id }} onClose={onClose} /> : null;
  return { peekedId, onPeek, panel };
}

/** `3 new deliveries`; nothing moves until it is pressed. */
function NewDeliveries({ count, onShow }: { count: number; onShow: () => void }) {
  return (
    <div aria-live="polite">
      {count > 0 ? (
        <button
          type="button"
          onClick={onShow}
          className="mb-2 flex h-8 w-full items-center justify-center gap-1.5 rounded-md border border-accent-line bg-accent-tint text-sm font-medium text-accent-text transition-colors hover:border-accent"
        >
          <ArrowUp className="size-3.5" aria-hidden />
          {formatPlural(count, "new delivery", "new deliveries")}
        </button>
      ) : null}
    </div>
  );
}

function NoMatches({ onClear }: { onClear: () => void }) {
  return (
    <StateView icon={ListFilter} title="No deliveries match" actions={<Button onClick={onClear}>Clear filters</Button>}>
      No delivery fits these filters.
    </StateView>
  );
}

function ListFooter({ stale, rows, children }: { stale: boolean; rows: number; children: ReactNode }) {
  const singleKeys = useSingleKeys();
  return (
    <footer className="mt-3 flex min-h-7 flex-wrap items-center gap-x-4 gap-y-2 text-xs text-muted">
      <output className="flex items-center gap-1.5">
        <span aria-hidden className={cn("size-1.5 rounded-full", stale ? "bg-warning-solid" : "bg-success-solid")} />
        {stale ? "not up to date: the server does not answer" : "live"}
      </output>
      {rows > 0 && singleKeys ? (
        <span className="flex items-center gap-1 max-lg:hidden">
          <Kbd>j</Kbd>
          <Kbd>k</Kbd> move
          <span className="w-1" />
          <Kbd>⏎</Kbd> open
          <span className="w-1" />
          <Kbd>o</Kbd> peek
        </span>
      ) : null}
      <span className="ml-auto">{children}</span>
    </footer>
  );
}
