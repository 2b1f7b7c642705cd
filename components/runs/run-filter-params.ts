/** How the filters of the runs table stand in the URL, for the browser and for the server's first read. What makes no sense counts as not set. */
import { createLoader, parseAsArrayOf, parseAsString, parseAsStringLiteral } from "nuqs/server";

import { type BadFilter as BadFilterOf, badFiltersOf, matching } from "@/components/runs/filter-rules";
import { RUN_STATUSES } from "@/components/runs/run-statuses";
import { isCreatedRange } from "@/lib/runs/created-range";
import { parseIdEnds } from "@/lib/runs/id-ends";
import { TAG_PATTERN } from "@/lib/runs/tags";

/** `1.3`, a published version, or `1.x`, all of major 1. */
export const VERSION_PATTERN = /^\d{1,9}\.(\d{1,9}|x)$/;
const ENGINE_PATTERN = /^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$/;

const isStatus = (text: string) => (RUN_STATUSES as readonly string[]).includes(text);

/** What the text of a filter may be, and how to say so. */
const RULES = {
  status: {
    accepts: (text: string) => text.split(",").every(isStatus),
    rule: `is ${RUN_STATUSES.join(", ")}, or several with commas`,
  },
  engine: { accepts: (text: string) => ENGINE_PATTERN.test(text), rule: "is the slug of an engine" },
  version: { accepts: (text: string) => VERSION_PATTERN.test(text), rule: "is a version such as 1.3 or 1.x" },
  created: { accepts: isCreatedRange, rule: "is 1h, 24h, 7d, 30d or two days such as 2026-11-01..2026-11-21" },
  tag: { accepts: (text: string) => TAG_PATTERN.test(text), rule: "is one tag, without spaces or commas" },
  id: { accepts: (text: string) => parseIdEnds(text) !== null, rule: "is a run id, its beginning, or its ends" },
} as const;

export type RunFilterName = keyof typeof RULES;

/** By name of the query parameter. */
export const RUN_FILTER_PARSERS = {
  status: parseAsArrayOf(parseAsStringLiteral(RUN_STATUSES)).withDefault([]),
  engine: matching(RULES.engine.accepts),
  version: matching(RULES.version.accepts),
  created: matching(RULES.created.accepts),
  tag: matching(RULES.tag.accepts),
  id: matching(RULES.id.accepts),
  cursor: parseAsString,
};

/** Reads them from a page's `searchParams`. */
export const loadRunFilters = createLoader(RUN_FILTER_PARSERS);

export type BadFilter = BadFilterOf<RunFilterName>;

/** Filters of the URL that make no sense, to be told: `get` gives the text of a query parameter. */
export const badFilters = badFiltersOf(RULES);
