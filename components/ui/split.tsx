/** Two panes with a bar between them that can be dragged, or moved by the arrow keys. In narrow windows the panes stand one below the other. */
"use client";

import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useRef, useState } from "react";

import { cn } from "@/components/ui/cn";

const STEP = 5;
const LEAST = 20;
const MOST = 80;

const DIRECTIONS = {
  /** Side by side. */
  row: {
    box: "md:flex-row",
    first: "md:w-(--split)",
    bar: "md:w-4 md:cursor-col-resize",
    grip: "h-8 w-1",
    orientation: "vertical",
    keys: { ArrowLeft: -STEP, ArrowRight: STEP },
  },
  /** One above the other. */
  column: {
    box: "md:flex-col",
    first: "md:h-(--split)",
    bar: "md:h-4 md:cursor-row-resize",
    grip: "h-1 w-8",
    orientation: "horizontal",
    keys: { ArrowUp: -STEP, ArrowDown: STEP },
  },
} as const;

type Direction = keyof typeof DIRECTIONS;

/** Fills its place. `percent` is the first pane's share at the beginning; a double click restores it. */
export function Split({
  direction,
  label,
  percent: start,
  first,
  second,
}: {
  direction: Direction;
  /** Names the bar, as "Editor and graph". */
  label: string;
  percent: 50 | 60;
  first: ReactNode;
  second: ReactNode;
}) {
  const [percent, setPercent] = useState<number>(start);
  const box = useRef<HTMLDivElement>(null);
  const styles = DIRECTIONS[direction];
  // Set from here and not in the markup, which carries no styles.
  useEffect(() => box.current?.style.setProperty("--split", `${percent}%`), [percent]);
  const move = (next: number) => setPercent(Math.min(MOST, Math.max(LEAST, Math.round(next))));
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    const area = box.current?.getBoundingClientRect();
    if (!area || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const share =
      direction === "row" ? (event.clientX - area.left) / area.width : (event.clientY - area.top) / area.height;
    move(share * 100);
  };
  const press = (event: KeyboardEvent) => {
    const by = (styles.keys as Record<string, number>)[event.key];
    if (by === undefined) return;
    event.preventDefault();
    move(percent + by);
  };
  return (
    <div
      ref={box}
      className={cn(
        "flex size-full min-w-0 flex-col max-md:gap-4",
        start === 50 ? "[--split:50%]" : "[--split:60%]",
        styles.box,
      )}
    >
      <div className={cn("min-h-0 min-w-0 shrink-0", styles.first)}>{first}</div>
      {/* A separator that can be moved is a control of its own kind, and takes the focus. */}
      {/* oxlint-disable jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/prefer-tag-over-role */}
      <div
        role="separator"
        tabIndex={0}
        aria-label={label}
        aria-orientation={styles.orientation}
        aria-valuenow={percent}
        aria-valuemin={LEAST}
        aria-valuemax={MOST}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={drag}
        onDoubleClick={() => setPercent(start)}
        onKeyDown={press}
        className={cn(
          "group flex shrink-0 touch-none items-center justify-center rounded-sm -outline-offset-2 max-md:hidden",
          styles.bar,
        )}
      >
        <span className={cn("rounded-full bg-line transition-colors group-hover:bg-control", styles.grip)} />
      </div>
      {/* oxlint-enable jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/prefer-tag-over-role */}
      <div className="min-h-0 min-w-0 flex-1">{second}</div>
    </div>
  );
}
