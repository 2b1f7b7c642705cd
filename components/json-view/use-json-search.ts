/** Searching within a JSON value. */
"use client";

import { useDeferredValue, useMemo, useState } from "react";

import { findText, type JsonPath } from "@/components/json-view/json-lines";

const MAX_HITS = 1_000;

export type JsonSearch = {
  isOpen: boolean;
  text: string;
  hits: readonly JsonPath[];
  /** The hit that is shown, from 0; -1 before the first. */
  at: number;
  open: () => void;
  close: () => void;
  setText: (text: string) => void;
  /** To the next hit, or by -1 to the one before; round and round. */
  go: (by: 1 | -1) => void;
};

const NONE: readonly JsonPath[] = [];

/** `onShow` is called with the hit that is to be shown. */
export function useJsonSearch(value: unknown, onShow: (path: JsonPath) => void): JsonSearch {
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [at, setAt] = useState(-1);
  const wanted = useDeferredValue(isOpen ? text : "");
  const hits = useMemo(() => (wanted === "" ? NONE : findText(value, wanted, MAX_HITS)), [value, wanted]);
  return {
    isOpen,
    text,
    hits,
    at: Math.min(at, hits.length - 1),
    open: () => setOpen(true),
    close: () => setOpen(false),
    setText(next) {
      setText(next);
      setAt(-1);
    },
    go(by) {
      // Whoever types quickly presses Enter before the search has caught up.
      const found = wanted === text ? hits : findText(value, text, MAX_HITS);
      if (found.length === 0) return;
      const next = at === -1 && by === -1 ? found.length - 1 : (at + by + found.length) % found.length;
      setAt(next);
      onShow(found[next]!);
    },
  };
}
