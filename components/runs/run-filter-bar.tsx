/** Filters and search above the runs table. */
"use client";

import { FilterBar } from "@/components/runs/filter-bar";
import { FilterMenus } from "@/components/runs/filter-menus";
import type { RunFilterState } from "@/components/runs/run-filters";
import { RunSearch } from "@/components/runs/run-search";

/** One line, or two controls on a phone. */
export function RunFilterBar(state: RunFilterState) {
  return (
    <FilterBar menus={<FilterMenus {...state} />} count={state.count} clear={() => state.clear()}>
      <RunSearch filters={state.filters} change={state.change} className="w-64 max-sm:w-auto max-sm:flex-1" />
    </FilterBar>
  );
}
