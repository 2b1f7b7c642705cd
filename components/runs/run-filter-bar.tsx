/** Filters and search above the runs table; on phones the filters are in a sheet. */
"use client";

import { ListFilter } from "lucide-react";

import { FilterMenus } from "@/components/runs/filter-menus";
import type { RunFilterState } from "@/components/runs/run-filters";
import { RunSearch } from "@/components/runs/run-search";
import { Button } from "@/components/ui/button";
import { Sheet, SheetContent, SheetTrigger } from "@/components/ui/sheet";

/** One line, or two controls on a phone. */
export function RunFilterBar(state: RunFilterState) {
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <div className="flex flex-1 flex-wrap items-center gap-2 max-sm:hidden">
        <FilterMenus {...state} />
        {state.count > 0 ? (
          <Button variant="ghost" size="sm" onClick={() => state.clear()}>
            Clear all
          </Button>
        ) : null}
      </div>
      <FilterSheet {...state} />
      <RunSearch filters={state.filters} change={state.change} className="w-64 max-sm:w-auto max-sm:flex-1" />
    </div>
  );
}

function FilterSheet(state: RunFilterState) {
  return (
    <Sheet>
      <SheetTrigger asChild>
        <Button className="sm:hidden">
          <ListFilter aria-hidden />
          Filters{state.count > 0 ? ` (${state.count})` : ""}
        </Button>
      </SheetTrigger>
      <SheetContent edge="bottom" title="Filters">
        <div className="flex flex-col items-start gap-3 px-4 pt-1 pb-8">
          <FilterMenus {...state} />
          {state.count > 0 ? <Button onClick={() => state.clear()}>Clear all</Button> : null}
        </div>
      </SheetContent>
    </Sheet>
  );
}
