/** The keys of a JSON tree, as trees have them: up and down, left folds or goes out, right unfolds or goes in. */
import type { KeyboardEvent } from "react";

import type { JsonLine } from "@/components/json-view/json-lines";

type JsonKeys = {
  lines: readonly JsonLine[];
  active: number;
  select: (line: number) => void;
  toggle: (line: JsonLine) => void;
  onSearch: () => void;
};

const PAGE = 15;

/** Closing lines are passed over. */
export function jsonKeys({ lines, active, select, toggle, onSearch }: JsonKeys): (event: KeyboardEvent) => void {
  const step = (from: number, by: 1 | -1): number => {
    let next = from + by;
    while (lines[next]?.kind === "close") next += by;
    return lines[next] ? next : from;
  };
  const far = (by: 1 | -1): number => {
    let at = active;
    for (let n = 0; n < PAGE; n++) at = step(at, by);
    return at;
  };
  const parent = (): number => {
    const depth = lines[active]?.path.length ?? 0;
    const found = lines
      .slice(0, active)
      .findLastIndex((line) => line.kind === "open" && line.path.length === depth - 1);
    return found === -1 ? active : found;
  };
  const keys: Record<string, () => void> = {
    ArrowDown: () => select(step(active, 1)),
    ArrowUp: () => select(step(active, -1)),
    PageDown: () => select(far(1)),
    PageUp: () => select(far(-1)),
    Home: () => select(0),
    End: () => select(step(lines.length, -1)),
    ArrowRight: () => (lines[active]?.kind === "folded" ? toggle(lines[active]) : select(step(active, 1))),
    ArrowLeft: () => (lines[active]?.kind === "open" ? toggle(lines[active]) : select(parent())),
    Enter: () => lines[active] && toggle(lines[active]),
    "/": onSearch,
  };
  return (event) => {
    if (event.altKey || event.shiftKey) return;
    const isFind = (event.ctrlKey || event.metaKey) && event.key === "f";
    if ((event.ctrlKey || event.metaKey) && !isFind) return;
    const act = isFind ? onSearch : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
}
