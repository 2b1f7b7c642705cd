/**
 * A JSON value to read: folded where it is long, searched, copied whole or in part with its path. Only the lines in sight are in the page, so
 * that a megabyte stays as quick as a line.
 */
"use client";

import { type MouseEvent, useEffectEvent, useId, useLayoutEffect, useMemo, useRef, useState } from "react";

import { clickedLine, JsonLineView } from "@/components/json-view/json-line";
import { jsonKeys } from "@/components/json-view/json-keys";
import { formatPath, idOf } from "@/components/json-view/json-lines";
import { JsonPathBar } from "@/components/json-view/json-path-bar";
import { JsonToolbar } from "@/components/json-view/json-toolbar";
import { useFolding } from "@/components/json-view/use-folding";
import { useJsonSearch } from "@/components/json-view/use-json-search";
import { useWindow } from "@/components/json-view/use-window";
import { cn } from "@/components/ui/cn";

const LINE_HEIGHT = 20;

type JsonViewProps = {
  value: unknown;
  /** Stands above it and names it for assistive technology. */
  label: string;
  /** What paths begin with: `input` makes `input.owners[0]`. */
  root?: string;
  className?: string;
};

/** As high as its lines, up to 480 px unless `className` says otherwise. */
export function JsonView({ value, label, root = "", className }: JsonViewProps) {
  const tree = useId();
  const folding = useFolding(value);
  const { lines } = folding;
  // The line that the keys are at; each visit by the keys or the search brings it into sight.
  const [{ id: activeId, visit }, setActive] = useState({ id: "", visit: 0 });
  const active = Math.max(
    0,
    lines.findIndex((line) => line.id === activeId),
  );
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const window = useRef<HTMLDivElement>(null);
  const view = useWindow({ box, content, lines: window, count: lines.length, height: LINE_HEIGHT });
  const goTo = (id: string) => setActive({ id, visit: visit + 1 });
  const follow = useEffectEvent(() => view.show(active));
  // When it has its place, which unfolding may have changed.
  useLayoutEffect(() => {
    if (visit > 0) follow();
  }, [visit]);
  const search = useJsonSearch(value, (path) => {
    folding.reveal(path);
    goTo(idOf(path));
  });
  const hits = useMemo(() => new Set(search.hits.map(idOf)), [search.hits]);
  const select = (line: number) => goTo(lines[line]?.id ?? "");
  const onKeyDown = jsonKeys({ lines, active, select, toggle: folding.toggle, onSearch: search.open });
  const onClick = ({ target }: MouseEvent) => {
    const clicked = clickedLine(target);
    const line = clicked && lines[clicked.index];
    if (!line) return;
    setActive({ id: line.id, visit });
    if (clicked.folds) folding.toggle(line);
  };
  const current = lines[active];
  return (
    <figure className={cn("flex max-h-120 min-w-0 flex-col overflow-hidden rounded-md border bg-sunken", className)}>
      <JsonToolbar label={label} value={value} folding={folding} search={search} />
      {/* A tree is a control of its own kind: it has the focus, and tells which line is active. */}
      <div
        ref={box}
        role="tree"
        tabIndex={0}
        aria-label={label}
        aria-activedescendant={active >= view.first && active < view.end ? `${tree}-${active}` : undefined}
        onScroll={view.onScroll}
        onClick={onClick}
        onKeyDown={onKeyDown}
        className="group/tree min-h-0 flex-1 overflow-auto py-1 font-mono text-xs -outline-offset-2"
      >
        <div ref={content} role="presentation">
          <div ref={window} role="presentation">
            {lines.slice(view.first, view.end).map((line, offset) => {
              const index = view.first + offset;
              return (
                <JsonLineView
                  key={line.id}
                  id={`${tree}-${index}`}
                  line={line}
                  index={index}
                  active={activeId !== "" && index === active}
                  hit={hits.has(line.id)}
                />
              );
            })}
          </div>
        </div>
      </div>
      {activeId !== "" && current ? <JsonPathBar path={formatPath(current.path, root)} value={current.value} /> : null}
    </figure>
  );
}
