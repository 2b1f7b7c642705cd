/** Filters above a list; on phones they are in a sheet. */
"use client";

import { ListFilter } from "lucide-react";
import type { ReactNode } from "react";

import { Button } from "@/components/ui/button";
import { Sheet, SheetContent, SheetTrigger } from "@/components/ui/sheet";

type FilterBarProps = {
  /** The filters' own controls. */
  menus: ReactNode;
  /** How many filters are set. */
  count: number;
  clear: () => void;
  /** At the right of the filters, on phones too. */
  children?: ReactNode;
};

/** One line, which wraps. */
export function FilterBar({ menus, count, clear, children }: FilterBarProps) {
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <div className="flex flex-1 flex-wrap items-center gap-2 max-sm:hidden">
        {menus}
        {count > 0 ? (
          <Button variant="ghost" size="sm" onClick={clear}>
            Clear all
          </Button>
        ) : null}
      </div>
      <Sheet>
        <SheetTrigger asChild>
          <Button className="sm:hidden">
            <ListFilter aria-hidden />
            Filters{count > 0 ? ` (${count})` : ""}
          </Button>
        </SheetTrigger>
        <SheetContent edge="bottom" title="Filters">
          <div className="flex flex-col items-start gap-3 px-4 pt-1 pb-8">
            {menus}
            {count > 0 ? <Button onClick={clear}>Clear all</Button> : null}
          </div>
        </SheetContent>
      </Sheet>
      {children}
    </div>
  );
}
