/**
 * One ticking clock for every relative time on the page.
 *
 * The server's render time is handed to the browser for the first render, so that both render the same text; after that the
 * browser's own clock ticks every ten seconds.
 */
"use client";

import { createContext, type ReactNode, useContext, useSyncExternalStore } from "react";

import { formatExact, formatRelative } from "@/components/ui/format-time";
import { cn } from "@/components/ui/cn";

const TICK_MS = 10_000;
const RenderTime = createContext(0);
const listeners = new Set<() => void>();
let nowMs = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    nowMs = Date.now();
    timer = setInterval(() => {
      nowMs = Date.now();
      for (const tell of listeners) tell();
    }, TICK_MS);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) clearInterval(timer);
  };
}

/** Hands the server's render time (milliseconds since 1970) to all clocks below. */
export function ClockProvider({ renderedAtMs, children }: { renderedAtMs: number; children: ReactNode }) {
  return <RenderTime value={renderedAtMs}>{children}</RenderTime>;
}

/** The time now in milliseconds, re-rendering about every ten seconds. */
export function useNow(): number {
  const renderedAtMs = useContext(RenderTime);
  return useSyncExternalStore(
    subscribe,
    () => nowMs,
    () => renderedAtMs,
  );
}

/** A time relative to now, with the exact one (UTC) on hover. */
export function RelativeTime({ at, className }: { at: string; className?: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={formatExact(at)} className={cn("whitespace-nowrap tabular-nums", className)}>
      {formatRelative(at, now)}
    </time>
  );
}
