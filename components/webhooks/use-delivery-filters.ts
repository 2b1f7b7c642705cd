/** The filters of a list of deliveries: read from the URL and written to it. */
"use client";

import { useSearchParams } from "next/navigation";
import { useQueryStates } from "nuqs";

import {
  badDeliveryFilters,
  type BadDeliveryFilter,
  DELIVERY_FILTER_PARSERS,
  type DeliveryFilterName,
} from "@/components/webhooks/delivery-filter-params";
import type { DeliveryFilters } from "@/lib/webhooks/query-options";

export type DeliveryFilterState = {
  filters: DeliveryFilters;
  /** How many of them are set. */
  count: number;
  /** Filters of the URL that make no sense and count as not set. */
  bad: readonly BadDeliveryFilter[];
  /** Changes some filters and goes back to the first page. */
  change: (part: Partial<DeliveryFilters>) => void;
  /** Clears these filters, or all. */
  clear: (names?: readonly DeliveryFilterName[]) => void;
};

const NAMES = ["status", "event", "created", "endpoint", "run", "event_id"] as const satisfies DeliveryFilterName[];
const listOrNull = <Item>(items: readonly Item[]) => (items.length > 0 ? [...items] : null);

/** The filters of this page; that by endpoint counts where the list is of several (`withEndpoint`). */
export function useDeliveryFilters({ withEndpoint }: { withEndpoint: boolean }): DeliveryFilterState {
  const params = useSearchParams();
  const [{ status, event, created, endpoint, run, event_id: eventId }, setQuery] = useQueryStates(
    DELIVERY_FILTER_PARSERS,
    { history: "push" },
  );
  const endpointId = withEndpoint ? endpoint : null;
  const change = ({ endpointId: to, runId, eventId: ofEvent, ...part }: Partial<DeliveryFilters>) =>
    void setQuery({
      ...(part.status === undefined ? {} : { status: listOrNull(part.status) }),
      ...(part.event === undefined ? {} : { event: listOrNull(part.event) }),
      ...(part.created === undefined ? {} : { created: part.created }),
      ...(to === undefined ? {} : { endpoint: to }),
      ...(runId === undefined ? {} : { run: runId }),
      ...(ofEvent === undefined ? {} : { event_id: ofEvent }),
      cursor: null,
    });
  const clear = (names: readonly DeliveryFilterName[] = NAMES) =>
    void setQuery({ ...Object.fromEntries(names.map((name) => [name, null])), cursor: null });
  return {
    filters: { status, event, created, endpointId, runId: run, eventId },
    count:
      [status, event].filter((names) => names.length > 0).length +
      [created, endpointId, run, eventId].filter(Boolean).length,
    bad: badDeliveryFilters((name) => params.get(name)),
    change,
    clear,
  };
}
