/** Which of many lines of one height are in sight, so that only those are in the page. */
"use client";

import { type RefObject, useEffect, useEffectEvent, useLayoutEffect, useState } from "react";

/** Lines beyond what is in sight, above and below. */
const SPARE = 12;
/** What the server renders, before anybody knows the room that there is. */
const FIRST_LINES = 60;

type Lines = {
  /** The box that scrolls. */
  box: RefObject<HTMLElement | null>;
  /** What stands in it; it gets the height of all lines. */
  content: RefObject<HTMLElement | null>;
  /** What holds the lines in sight; it is moved to where they belong. */
  lines: RefObject<HTMLElement | null>;
  count: number;
  /** Of one line, in pixels. */
  height: number;
};

export type LineWindow = {
  first: number;
  /** The one after the last. */
  end: number;
  onScroll: () => void;
  /** Scrolls as little as needed to have a line in sight. */
  show: (line: number) => void;
};

/** Sizes are set from here, because the served page carries no styles. */
export function useWindow({ box, content, lines, count, height }: Lines): LineWindow {
  const [range, setRange] = useState({ first: 0, end: FIRST_LINES });

  const measure = () => {
    const at = box.current;
    if (!at || at.clientHeight === 0) return;
    const first = Math.max(0, Math.floor(at.scrollTop / height) - SPARE);
    const end = Math.ceil((at.scrollTop + at.clientHeight) / height) + SPARE;
    setRange((before) => (before.first === first && before.end === end ? before : { first, end }));
  };
  const first = Math.min(range.first, Math.max(0, count - 1));

  useLayoutEffect(() => content.current?.style.setProperty("height", `${count * height}px`), [content, count, height]);
  useLayoutEffect(
    () => lines.current?.style.setProperty("transform", `translateY(${first * height}px)`),
    [lines, first, height],
  );
  const onResize = useEffectEvent(measure);
  useEffect(() => {
    const observer = new ResizeObserver(() => onResize());
    for (const { current } of [box, content]) if (current) observer.observe(current);
    return () => observer.disconnect();
  }, [box, content]);

  const show = (line: number) => {
    const at = box.current;
    if (!at) return;
    const top = line * height;
    if (top < at.scrollTop) at.scrollTo({ top: top - height });
    else if (top + 2 * height > at.scrollTop + at.clientHeight)
      at.scrollTo({ top: top + 2 * height - at.clientHeight });
  };
  return { first, end: Math.min(range.end, count), onScroll: measure, show };
}
