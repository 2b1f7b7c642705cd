/** The filters of the runs table as they stand in the URL. What makes no sense there counts as not set. */
"use client";

import { createParser, parseAsArrayOf, parseAsStringLiteral, useQueryStates } from "nuqs";
import { parseAsString } from "nuqs";

import { RUN_STATUSES } from "@/components/runs/run-status";
import { isCreatedRange } from "@/lib/runs/created-range";
import type { RunFilters } from "@/lib/runs/query-options";

/** `1.3`, the form of a published version. */
export const VERSION_PATTERN = /^\d{1,6}\.\d{1,6}$/;

const matching = (accepts: (text: string) => boolean) =>
  createParser({ parse: (text: string) => (accepts(text) ? text : null), serialize: (text: string) => text });

const PARSERS = {
  status: parseAsArrayOf(parseAsStringLiteral(RUN_STATUSES)).withDefault([]),
  engine: matching((text) => /^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$/.test(text)),
  version: matching((text) => VERSION_PATTERN.test(text)),
  created: matching(isCreatedRange),
  cursor: parseAsString,
};

export type RunFilterState = {
  filters: RunFilters;
  count: number;
  /** Changes some filters and goes back to the first page. */
  change: (part: Partial<RunFilters>) => void;
  clear: () => void;
};

/** The filters of this page. */
export function useRunFilters(): RunFilterState {
  const [{ cursor: _cursor, ...filters }, setQuery] = useQueryStates(PARSERS, { history: "push" });
  const change = (part: Partial<RunFilters>) => {
    const { status, ...others } = part;
    void setQuery({ ...others, ...(status ? { status: status.length > 0 ? [...status] : null } : {}), cursor: null });
  };
  const set = [filters.status.length > 0, filters.engine, filters.version, filters.created].filter(Boolean);
  return {
    filters,
    count: set.length,
    change,
    clear: () => void setQuery({ status: null, engine: null, version: null, created: null, cursor: null }),
  };
}
