/**
 * Newer / Older over a keyset-paged list. The cursor of the page stands in the URL (`?cursor=`); the way back is remembered in this
 * tab, and from a deep link "Newer" leads to the first page.
 */
"use client";

import { ChevronLeft, ChevronRight } from "lucide-react";
import { parseAsString, useQueryState } from "nuqs";

import { Button } from "@/components/ui/button";

const newerOf = new Map<string, string | null>();

export type CursorPager = {
  cursor: string | null;
  older: (nextCursor: string) => void;
  newer: () => void;
  first: () => void;
};

/** The page that the URL asks for, and how to move from it. */
export function useCursorPager(): CursorPager {
  const [cursor, setCursor] = useQueryState("cursor", parseAsString.withOptions({ history: "push", scroll: true }));
  return {
    cursor,
    older: (nextCursor) => {
      newerOf.set(nextCursor, cursor);
      void setCursor(nextCursor);
    },
    newer: () => void setCursor(cursor === null ? null : (newerOf.get(cursor) ?? null)),
    first: () => void setCursor(null),
  };
}

/** The two buttons; nothing when everything fits on one page. */
export function PagerButtons({ pager, nextCursor }: { pager: CursorPager; nextCursor: string | null }) {
  if (pager.cursor === null && nextCursor === null) return null;
  return (
    <div className="flex items-center gap-1.5">
      <Button
        size="sm"
        onClick={pager.newer}
        disabledReason={pager.cursor === null ? "This is the newest page" : undefined}
      >
        <ChevronLeft aria-hidden />
        Newer
      </Button>
      <Button
        size="sm"
        onClick={() => (nextCursor === null ? undefined : pager.older(nextCursor))}
        disabledReason={nextCursor === null ? "There is nothing older" : undefined}
      >
        Older
        <ChevronRight aria-hidden />
      </Button>
    </div>
  );
}
