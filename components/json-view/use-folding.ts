/** Which parts of a JSON value are folded. */
"use client";

import { useMemo, useState } from "react";

import {
  containersFrom,
  countLines,
  idOf,
  type JsonLine,
  type JsonPath,
  toLines,
} from "@/components/json-view/json-lines";

/** What is longer begins folded, from the second level on and in long lists. */
const SHORT = 150;
const FOLDED_FROM = 2;
const MANY = 100;

export type Folding = {
  lines: JsonLine[];
  toggle: (line: JsonLine) => void;
  foldAll: () => void;
  unfoldAll: () => void;
  /** Unfolds what a path leads through. */
  reveal: (path: JsonPath) => void;
};

export function useFolding(value: unknown): Folding {
  const start = useMemo(
    () => (countLines(value, SHORT + 1) > SHORT ? containersFrom(value, FOLDED_FROM, MANY) : new Set<string>()),
    [value],
  );
  // What was folded by hand belongs to the value that it was folded in.
  const [changed, setChanged] = useState<{ of: unknown; folded: ReadonlySet<string> } | null>(null);
  const folded = changed !== null && changed.of === value ? changed.folded : start;
  const lines = useMemo(() => toLines(value, folded), [value, folded]);
  const setFolded = (next: ReadonlySet<string>) => setChanged({ of: value, folded: next });
  return {
    lines,
    toggle({ id, kind }) {
      const next = new Set(folded);
      if (kind === "folded") next.delete(id);
      else if (kind === "open") next.add(id);
      setFolded(next);
    },
    foldAll: () => setFolded(containersFrom(value, 1)),
    unfoldAll: () => setFolded(new Set()),
    reveal(path) {
      const through = path.map((_, length) => idOf(path.slice(0, length)));
      if (!through.some((id) => folded.has(id))) return;
      const next = new Set(folded);
      for (const id of through) next.delete(id);
      setFolded(next);
    },
  };
}
