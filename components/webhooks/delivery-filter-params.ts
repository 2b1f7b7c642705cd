/** How the filters of deliveries stand in the URL, for the browser and for the server's first read. What makes no sense counts as not set. */
import { createLoader, parseAsArrayOf, parseAsString, parseAsStringLiteral } from "nuqs/server";

import { type BadFilter, badFiltersOf, matching } from "@/components/runs/filter-rules";
import { RUN_ID } from "@/components/runs/run-id";
import { isCreatedRange } from "@/lib/runs/created-range";
import { EVENT_TYPES } from "@/lib/webhooks/event-types";
import { DELIVERY_STATUSES } from "@/lib/webhooks/statuses";

/** A `webhook-id`. */
export const EVENT_ID = /^evt_[0-9a-f]{32}$/;

const allIn = (names: readonly string[]) => (text: string) => text.split(",").every((name) => names.includes(name));

/** What the text of a filter may be, and how to say so. */
const RULES = {
  status: { accepts: allIn(DELIVERY_STATUSES), rule: `is ${DELIVERY_STATUSES.join(", ")}, or several with commas` },
  event: { accepts: allIn(EVENT_TYPES), rule: `is ${EVENT_TYPES.join(", ")}, or several with commas` },
  created: { accepts: isCreatedRange, rule: "is 1h, 24h, 7d, 30d or two days such as 2026-11-01..2026-11-21" },
  endpoint: { accepts: (text: string) => RUN_ID.test(text), rule: "is the id of an endpoint" },
  run: { accepts: (text: string) => RUN_ID.test(text), rule: "is the id of a run" },
  event_id: { accepts: (text: string) => EVENT_ID.test(text), rule: "is the id of an event: evt_ and 32 hex digits" },
} as const;

export type DeliveryFilterName = keyof typeof RULES;
export type BadDeliveryFilter = BadFilter<DeliveryFilterName>;

/** By name of the query parameter. */
export const DELIVERY_FILTER_PARSERS = {
  status: parseAsArrayOf(parseAsStringLiteral(DELIVERY_STATUSES)).withDefault([]),
  event: parseAsArrayOf(parseAsStringLiteral(EVENT_TYPES)).withDefault([]),
  created: matching(RULES.created.accepts),
  endpoint: matching(RULES.endpoint.accepts),
  run: matching(RULES.run.accepts),
  event_id: matching(RULES.event_id.accepts),
  cursor: parseAsString,
};

/** Reads them from a page's `searchParams`. */
export const loadDeliveryFilters = createLoader(DELIVERY_FILTER_PARSERS);

/** Filters of the URL that make no sense, to be told: `get` gives the text of a query parameter. */
export const badDeliveryFilters = badFiltersOf(RULES);
