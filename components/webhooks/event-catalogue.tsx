/** The tab "Event catalogue": every type of event with a body of it, the headers, and how deliveries are tried again. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { parseAsString, useQueryState } from "nuqs";

import { Badge } from "@/components/ui/badge";
import { cn } from "@/components/ui/cn";
import { formatDuration } from "@/components/ui/format-number";
import { QueryErrorView } from "@/components/ui/query-error";
import { Skeleton } from "@/components/ui/skeleton";
import { BodyView } from "@/components/webhooks/body-view";
import { SentHeaders } from "@/components/webhooks/sent-headers";
import { HOUR_MS } from "@/lib/time";
import { eventTypesQuery } from "@/lib/webhooks/query-options";
import { LONGEST_RETRY_AFTER_MS, RETRY_DELAYS_MS } from "@/lib/webhooks/retry-delay";
import type { CatalogueEntry } from "@/lib/webhooks/schema";

/** The chosen type stands in the URL. */
export function EventCatalogue() {
  const query = useQuery(eventTypesQuery());
  const [chosen, setChosen] = useQueryState("type", parseAsString.withOptions({ history: "replace" }));
  if (query.isPending) return <CatalogueSkeleton />;
  if (query.isError) return <QueryErrorView title="The catalogue could not be loaded" query={query} />;
  const entries = query.data.data;
  const shown = entries.find(({ type }) => type === chosen) ?? entries[0];
  return (
    <div className="flex flex-col gap-8">
      <div className="grid items-start gap-x-8 gap-y-4 md:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
        <ul aria-label="Types of events" className="divide-y divide-hairline overflow-hidden rounded-lg border">
          {entries.map((entry) => (
            <TypeItem
              key={entry.type}
              entry={entry}
              shown={entry === shown}
              onShow={() => void setChosen(entry.type)}
            />
          ))}
        </ul>
        {shown ? (
          <BodyView key={shown.type} text={JSON.stringify(shown.example, null, 2)} label={`Body of ${shown.type}`} />
        ) : null}
      </div>
      <div className="grid items-start gap-x-8 gap-y-6 lg:grid-cols-2">
        <SentHeaders />
        <RetrySchedule />
      </div>
    </div>
  );
}

function TypeItem({ entry, shown, onShow }: { entry: CatalogueEntry; shown: boolean; onShow: () => void }) {
  return (
    <li>
      <button
        type="button"
        aria-current={shown || undefined}
        onClick={onShow}
        className={cn(
          "flex w-full flex-col gap-1 px-4 py-3 text-left transition-colors -outline-offset-2 hover:bg-hover aria-current:bg-selected",
        )}
      >
        <span className="flex flex-wrap items-center gap-2">
          <code className="font-mono text-sm font-medium">{entry.type}</code>
          {entry.default ? <Badge>by default</Badge> : null}
        </span>
        <span className="text-sm text-muted">{entry.description}</span>
      </button>
    </li>
  );
}

function RetrySchedule() {
  return (
    <section aria-labelledby="retries" className="flex min-w-0 flex-col gap-3">
      <h2 id="retries" className="text-sm font-semibold">
        Attempts
      </h2>
      <p className="text-sm text-muted">
        An answer from 200 to 299 within 15 seconds is a success, everything else a failure, redirects too. After a
        failure it is tried again, each delay up to a fifth shorter or longer, and later where Retry-After asks for it;
        no more than {LONGEST_RETRY_AFTER_MS / HOUR_MS} hours of what it asks for are granted. 410 disables the endpoint
        at once, five days of nothing but failures do too.
      </p>
      <ol
        aria-label="Delays before each attempt"
        className="grid grid-cols-5 gap-px overflow-hidden rounded-lg border bg-hairline max-sm:grid-cols-2"
      >
        {RETRY_DELAYS_MS.map((delayMs, index) => (
          <li key={delayMs} className="bg-canvas px-3 py-2">
            <span className="block text-xs text-muted">Attempt {index + 1}</span>
            <span className="font-mono text-xs tabular-nums">
              {delayMs === 0 ? "at once" : `+ ${delayWords(delayMs)}`}
            </span>
          </li>
        ))}
      </ol>
      <p className="text-sm text-muted">
        Deliveries may come twice and out of order: keep the ids of events, and go by what the run says, not by what
        came last.
      </p>
    </section>
  );
}

/** `5 s`, `30 min`, `2 h`: these delays are whole ones. */
function delayWords(delayMs: number): string {
  return formatDuration(delayMs)
    .replace(/\.0\u00a0s$/, "\u00a0s")
    .replace(/ 0\u00a0(s|min)$/, "");
}

function CatalogueSkeleton() {
  return (
    <div aria-busy className="grid gap-8 md:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
      <span className="sr-only">Loading the catalogue</span>
      <Skeleton className="h-56 w-full" />
      <Skeleton className="h-96 w-full" />
    </div>
  );
}
