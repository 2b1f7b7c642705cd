/** What stands above and below the runs: the bar that announces new ones, and the line that says how fresh the page is. */
"use client";

import { ArrowUp } from "lucide-react";

import type { Connection } from "@/components/runs/use-live-runs";
import { useSingleKeys } from "@/components/shell/shortcuts";
import { cn } from "@/components/ui/cn";
import { type CursorPager, PagerButtons } from "@/components/ui/cursor-pager";
import { formatPlural } from "@/components/ui/format-number";
import { Kbd } from "@/components/ui/kbd";

/** `12 new runs`; nothing moves until it is pressed. */
export function NewRunsBar({ count, onShow }: { count: number; onShow: () => void }) {
  return (
    <div aria-live="polite">
      {count > 0 ? (
        <button
          type="button"
          onClick={onShow}
          className="mb-2 flex h-8 w-full items-center justify-center gap-1.5 rounded-md border border-accent-line bg-accent-tint text-sm font-medium text-accent-text transition-colors hover:border-accent"
        >
          <ArrowUp className="size-3.5" aria-hidden />
          {formatPlural(count, "new run")}
        </button>
      ) : null}
    </div>
  );
}

const CONNECTION: Record<Connection, { dot: string; text: string }> = {
  connecting: { dot: "bg-line-strong", text: "connecting" },
  live: { dot: "bg-success-solid", text: "live" },
  polling: { dot: "bg-warning-solid", text: "every 5 s" },
};

/** Freshness, how many rows, the keys, and the pager. */
export function RunsFooter({
  connection,
  shown,
  pager,
  nextCursor,
}: {
  connection: Connection;
  shown: number;
  pager: CursorPager;
  nextCursor: string | null;
}) {
  const { dot, text } = CONNECTION[connection];
  const many = nextCursor !== null || pager.cursor !== null;
  return (
    <footer className="mt-3 flex min-h-7 flex-wrap items-center gap-x-4 gap-y-2 text-xs text-muted">
      <output className="flex items-center gap-1.5" data-connection={connection}>
        <span aria-hidden className={cn("size-1.5 rounded-full", dot)} />
        {text}
      </output>
      {shown > 0 ? (
        <>
          <span>{many ? `${formatPlural(shown, "run")} of many` : formatPlural(shown, "run")}</span>
          <KeyHints />
        </>
      ) : null}
      <span className="ml-auto">
        <PagerButtons pager={pager} nextCursor={nextCursor} />
      </span>
    </footer>
  );
}

function KeyHints() {
  if (!useSingleKeys()) return null;
  return (
    <span className="flex items-center gap-1 max-lg:hidden">
      <Kbd>j</Kbd>
      <Kbd>k</Kbd> move
      <span className="w-1" />
      <Kbd>⏎</Kbd> open
      <span className="w-1" />
      <Kbd>o</Kbd> peek
      <span className="w-1" />
      <Kbd>x</Kbd> select
      <span className="w-1" />
      <Kbd>n</Kbd> new
    </span>
  );
}
