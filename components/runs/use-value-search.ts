/** Looks through runs part by part, until it is done or stopped; what is found comes as it is found. */
"use client";

import { useEffect, useReducer } from "react";

import { PortalError } from "@/lib/http/portal-client";
import { type RunFilters, searchRunsByValue } from "@/lib/runs/query-options";
import type { RunSummaryDto } from "@/lib/runs/schema";
import type { RunSearch } from "@/lib/runs/value-search-schema";

/** While another search of the same person is under way, in another tab. */
const WAIT_MS = 1_000;

export type ValueSearch = {
  state: "running" | "stopped" | "done" | "failed";
  runs: readonly RunSummaryDto[];
  /** Null until the first part has come. */
  progress: Pick<RunSearch, "scanned" | "of" | "since" | "limited"> | null;
  cursor: string | null;
  /** Another search of the same person is being waited for. */
  waiting: boolean;
  error: Error | null;
};

type Event =
  | { type: "part"; part: RunSearch }
  | { type: "waits" }
  | { type: "failed"; error: Error }
  | { type: "stop" | "go on" };

const BEGINNING: ValueSearch = {
  state: "running",
  runs: [],
  progress: null,
  cursor: null,
  waiting: false,
  error: null,
};

function next(search: ValueSearch, event: Event): ValueSearch {
  switch (event.type) {
    case "part": {
      const { matches, done, next_cursor: cursor, ...progress } = event.part;
      const runs = [...search.runs, ...matches];
      return { ...search, runs, progress, cursor, waiting: false, state: done ? "done" : search.state };
    }
    case "waits":
      return { ...search, waiting: true };
    case "failed":
      return { ...search, state: "failed", error: event.error, waiting: false };
    case "stop":
      return search.state === "running" ? { ...search, state: "stopped", waiting: false } : search;
    case "go on":
      return { ...search, state: "running", error: null };
  }
}

type Asked = { environment: string; filters: RunFilters; query: string };

async function lookThrough(
  { environment, filters, query }: Asked,
  from: string | null,
  signal: AbortSignal,
  tell: (event: Event) => void,
) {
  for (let cursor = from; !signal.aborted;) {
    try {
      const part = await searchRunsByValue(environment, filters, query, cursor, signal);
      if (signal.aborted) return;
      tell({ type: "part", part });
      if (part.done) return;
      cursor = part.next_cursor;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof PortalError && error.code === "rate_limited")) {
        return tell({ type: "failed", error: error as Error });
      }
      tell({ type: "waits" });
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
  }
}

/** Begins at once, and ends with the component: give that another key for another search. */
export function useValueSearch({
  environment,
  filters,
  query,
}: Asked): ValueSearch & { stop: () => void; goOn: () => void } {
  const [search, tell] = useReducer(next, BEGINNING);
  const { state, cursor } = search;
  useEffect(() => {
    if (state !== "running") return;
    const controller = new AbortController();
    void lookThrough({ environment, filters, query }, cursor, controller.signal, tell);
    return () => controller.abort();
    // The cursor is where a stopped search goes on; while it runs it moves by itself.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [state]);
  return { ...search, stop: () => tell({ type: "stop" }), goOn: () => tell({ type: "go on" }) };
}
