/** The filters of the runs table: read from the URL and written to it. */
"use client";

import { useSearchParams } from "next/navigation";
import { useQueryStates } from "nuqs";

import {
  type BadFilter,
  badFilters,
  RUN_FILTER_PARSERS,
  type RunFilterName,
} from "@/components/runs/run-filter-params";
import type { RunFilters } from "@/lib/runs/query-options";

export type RunFilterState = {
  filters: RunFilters;
  count: number;
  /** Filters of the URL that make no sense and count as not set. */
  bad: readonly BadFilter[];
  /** Changes some filters and goes back to the first page. */
  change: (part: Partial<RunFilters>) => void;
  /** Clears these filters, or all. */
  clear: (names?: readonly RunFilterName[]) => void;
};

const NAMES = ["status", "engine", "version", "created", "tag", "id"] as const satisfies RunFilterName[];

/** The filters of this page. */
export function useRunFilters(): RunFilterState {
  const params = useSearchParams();
  const [{ cursor: _cursor, ...filters }, setQuery] = useQueryStates(RUN_FILTER_PARSERS, { history: "push" });
  const change = (part: Partial<RunFilters>) => {
    const { status, ...others } = part;
    void setQuery({ ...others, ...(status ? { status: status.length > 0 ? [...status] : null } : {}), cursor: null });
  };
  const clear = (names: readonly RunFilterName[] = NAMES) =>
    void setQuery({ ...Object.fromEntries(names.map((name) => [name, null])), cursor: null });
  return {
    filters,
    count: NAMES.filter((name) => (name === "status" ? filters.status.length > 0 : filters[name] !== null)).length,
    bad: badFilters((name) => params.get(name)),
    change,
    clear,
  };
}
