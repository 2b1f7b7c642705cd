/** The filters of the runs table: read from the URL and written to it. */
"use client";

import { useQueryStates } from "nuqs";

import { RUN_FILTER_PARSERS } from "@/components/runs/run-filter-params";
import type { RunFilters } from "@/lib/runs/query-options";

export type RunFilterState = {
  filters: RunFilters;
  count: number;
  /** Changes some filters and goes back to the first page. */
  change: (part: Partial<RunFilters>) => void;
  clear: () => void;
};

/** The filters of this page. */
export function useRunFilters(): RunFilterState {
  const [{ cursor: _cursor, ...filters }, setQuery] = useQueryStates(RUN_FILTER_PARSERS, { history: "push" });
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
