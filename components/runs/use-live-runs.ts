/**
 * Keeps a page of runs up to date while it is read.
 *
 * Changes come as server-sent events. While there is no connection the newest page is polled instead, and it is polled once whenever
 * a connection opens, for what happened in between. Either way rows change in place, and new ones are counted for the bar.
 */
"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useState } from "react";

import { matchesFilters, mergeChanges, unreadIds } from "@/components/runs/merge-runs";
import { listNewestRuns, type RunFilters, runsQuery, runStreamUrl } from "@/lib/runs/query-options";
import type { RunSummaryDto } from "@/lib/runs/schema";

const POLL_MS = 5_000;
const RECONNECT_MS = 20_000;

export type Connection = "connecting" | "live" | "polling";
export type LiveRuns = { connection: Connection; newCount: number; forgetNew: () => void };

type Reading = { environment: string; filters: RunFilters; cursor: string | null };

/** Follows what is being read. `onFirst` is called instead of counting while the list is empty: nothing moves there. */
export function useLiveRuns({ environment, filters, cursor }: Reading, onFirst: () => void): LiveRuns {
  const queryClient = useQueryClient();
  const reading = JSON.stringify([environment, filters]);
  const [news, setNews] = useState<{ reading: string; ids: ReadonlySet<string> }>({ reading, ids: new Set() });
  const [connection, setConnection] = useState<Connection>("connecting");

  const take = useEffectEvent((changed: readonly RunSummaryDto[]) => {
    const { queryKey } = runsQuery(environment, filters, cursor);
    const page = queryClient.getQueryData(queryKey);
    if (!page) return;
    queryClient.setQueryData(queryKey, mergeChanges(page, changed));
    if (cursor !== null) return;
    const now = Date.now();
    const matching = changed.filter((run) => matchesFilters(run, filters, now));
    const fresh = unreadIds(page, matching);
    if (fresh.length === 0) return;
    if (page.data.length === 0) onFirst();
    else setNews((old) => ({ reading, ids: new Set([...(old.reading === reading ? old.ids : []), ...fresh]) }));
  });
  const poll = useEffectEvent(async (closed: AbortSignal) => {
    // A failed poll is not news: the next one comes, and the page's own read reports errors.
    const page = await listNewestRuns(environment, filters).catch(() => null);
    if (page && !closed.aborted) take(page.data);
  });

  useEffect(
    () =>
      follow(environment, {
        onRuns: (runs) => take(runs),
        onConnection: setConnection,
        poll: (closed) => void poll(closed),
      }),
    [environment],
  );

  // What was told while the page was read anew may stand on it by now: that is no news.
  const page = queryClient.getQueryData(runsQuery(environment, filters, cursor).queryKey);
  const shown = new Set(page?.data.map((run) => run.run_id));
  return {
    connection,
    newCount: news.reading === reading ? [...news.ids].filter((id) => !shown.has(id)).length : 0,
    forgetNew: () => setNews({ reading, ids: new Set() }),
  };
}

type Follower = {
  onRuns: (runs: RunSummaryDto[]) => void;
  onConnection: (connection: Connection) => void;
  /** What comes of it is of no use once it is `closed`. */
  poll: (closed: AbortSignal) => void;
};

/**
 * Opens the stream, polls while it is down, and comes back to it; returns how to stop. A page that is not looked at holds no
 * connection: browsers allow six to one host, and six forgotten tabs would leave none for the seventh.
 */
function follow(environment: string, { onRuns, onConnection, poll }: Follower): () => void {
  let source: EventSource | undefined;
  let polling: ReturnType<typeof setInterval> | undefined;
  let reconnecting: ReturnType<typeof setTimeout> | undefined;
  let closing = new AbortController();
  const stopPolling = () => {
    clearInterval(polling);
    polling = undefined;
  };
  const close = () => {
    closing.abort();
    closing = new AbortController();
    source?.close();
    stopPolling();
    clearTimeout(reconnecting);
  };
  const open = () => {
    const { signal } = closing;
    const opened = new EventSource(runStreamUrl(environment));
    source = opened;
    opened.addEventListener("open", () => {
      stopPolling();
      onConnection("live");
      poll(signal);
    });
    opened.addEventListener("runs", (event) => onRuns(JSON.parse(event.data) as RunSummaryDto[]));
    opened.addEventListener("error", () => {
      onConnection("polling");
      polling ??= setInterval(() => poll(signal), POLL_MS);
      if (opened.readyState === EventSource.CLOSED) reconnecting = setTimeout(open, RECONNECT_MS);
    });
  };
  const followVisibility = () => {
    close();
    onConnection("connecting");
    if (document.visibilityState === "visible") open();
  };
  if (document.visibilityState === "visible") open();
  document.addEventListener("visibilitychange", followVisibility);
  return () => {
    document.removeEventListener("visibilitychange", followVisibility);
    close();
  };
}
