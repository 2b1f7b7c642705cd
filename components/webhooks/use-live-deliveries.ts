/**
 * A page of deliveries that is kept up to date while it is read: rows change in place, new ones are counted for the bar. Older pages, in which
 * nothing new can appear, are read again as they are.
 */
"use client";

import { keepPreviousData, type QueryFunction, type QueryKey, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent } from "react";

import { type MergedDeliveries, mergeNewest } from "@/components/webhooks/merge-deliveries";
import type { DeliveryPage } from "@/lib/webhooks/deliveries-schema";
import { deliveriesQuery, type DeliveryFilters, endpointDeliveriesQuery } from "@/lib/webhooks/query-options";

const POLL_MS = 3_000;

/** Whose deliveries: one endpoint's, or those of all endpoints of an environment (or of `all`). */
export type DeliverySource = { endpointId: string } | { environment: string };

type PageQuery = { queryKey: QueryKey; queryFn: QueryFunction<DeliveryPage> };

function pageQuery(source: DeliverySource, filters: DeliveryFilters, cursor: string | null): PageQuery {
  const { queryKey, queryFn } =
    "endpointId" in source
      ? endpointDeliveriesQuery(source.endpointId, filters, cursor)
      : deliveriesQuery(source.environment, filters, cursor);
  return { queryKey, queryFn: queryFn as PageQuery["queryFn"] };
}

const NOTHING: MergedDeliveries = { rows: [], fresh: 0 };

/** `query` is the read of the page itself, for its states; `merged` what is to be shown of it. */
export function useLiveDeliveries(source: DeliverySource, filters: DeliveryFilters, cursor: string | null) {
  const queryClient = useQueryClient();
  const page = pageQuery(source, filters, cursor);
  const isFirst = cursor === null;
  const query = useQuery({
    ...page,
    placeholderData: keepPreviousData,
    refetchInterval: isFirst ? false : POLL_MS,
    // The first page is not read anew under the reader's eyes; the newest rows are, beside it.
    refetchOnWindowFocus: !isFirst,
    refetchOnReconnect: !isFirst,
  });
  const newest = useQuery({
    ...page,
    queryKey: [...page.queryKey, "newest"],
    enabled: isFirst && query.isSuccess && !query.isPlaceholderData,
    refetchInterval: POLL_MS,
    gcTime: 0,
  });
  const merged = query.data ? mergeNewest(query.data, isFirst ? newest.data : undefined) : NOTHING;
  const showNew = () => {
    if (newest.data) queryClient.setQueryData(page.queryKey, newest.data);
  };
  const takeFirst = useEffectEvent(showNew);
  const waits = merged.rows.length === 0 && merged.fresh > 0;
  // Where there is nothing to be moved, what comes is shown at once.
  useEffect(() => {
    if (waits) takeFirst();
  }, [waits]);
  return { query, merged, showNew, isStale: newest.isError };
}
