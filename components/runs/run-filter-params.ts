/** How the filters of the runs table stand in the URL, for the browser and for the server's first read. What makes no sense counts as not set. */
import { createLoader, createParser, parseAsArrayOf, parseAsString, parseAsStringLiteral } from "nuqs/server";

import { RUN_STATUSES } from "@/components/runs/run-statuses";
import { isCreatedRange } from "@/lib/runs/created-range";

/** `1.3`, a published version, or `1.x`, all of major 1. */
export const VERSION_PATTERN = /^\d{1,9}\.(\d{1,9}|x)$/;

const matching = (accepts: (text: string) => boolean) =>
  createParser({ parse: (text: string) => (accepts(text) ? text : null), serialize: (text: string) => text });

/** By name of the query parameter. */
export const RUN_FILTER_PARSERS = {
  status: parseAsArrayOf(parseAsStringLiteral(RUN_STATUSES)).withDefault([]),
  engine: matching((text) => /^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$/.test(text)),
  version: matching((text) => VERSION_PATTERN.test(text)),
  created: matching(isCreatedRange),
  cursor: parseAsString,
};

/** Reads them from a page's `searchParams`. */
export const loadRunFilters = createLoader(RUN_FILTER_PARSERS);
