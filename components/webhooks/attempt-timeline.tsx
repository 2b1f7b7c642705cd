/** The attempts of a delivery in time, the newest first, with the one that is to come above them. */
"use client";

import { CircleDashed } from "lucide-react";

import { RunStatusIcon } from "@/components/runs/run-status";
import { useNow } from "@/components/ui/clock";
import { cn } from "@/components/ui/cn";
import { formatDuration } from "@/components/ui/format-number";
import { formatExact, formatRelative } from "@/components/ui/format-time";
import { errorWords, SCHEDULED_ATTEMPTS, triggerWords } from "@/components/webhooks/delivery-words";
import type { AttemptDto, DeliveryDetailDto } from "@/lib/webhooks/deliveries-schema";

type Props = {
  delivery: DeliveryDetailDto;
  /** Number of the attempt that is looked into. */
  shown: number | undefined;
  onShow: (number: number) => void;
};

/** Each attempt is a button that opens its request and response. */
export function AttemptTimeline({ delivery, shown, onShow }: Props) {
  const { attempts, attempt_count: count } = delivery;
  const longest = Math.max(1, ...attempts.map(({ duration_ms: ms }) => ms));
  return (
    <section aria-labelledby="attempts">
      <h3 id="attempts" className="mb-2 flex items-baseline justify-between gap-4 text-sm font-semibold">
        Attempts
        <span className="text-xs font-normal text-muted">
          {attempts.length < count ? `the newest ${attempts.length} of ${count}` : count}
        </span>
      </h3>
      <ol className="flex max-h-72 flex-col overflow-y-auto rounded-lg border py-1">
        <NextAttempt delivery={delivery} />
        {attempts.map((attempt) => (
          <AttemptItem
            key={attempt.number}
            attempt={attempt}
            longest={longest}
            shown={attempt.number === shown}
            onShow={() => onShow(attempt.number)}
          />
        ))}
        {attempts.length === 0 && !delivery.next_attempt_at ? (
          <li className="px-3 py-2 text-sm text-muted">No attempt was made.</li>
        ) : null}
      </ol>
    </section>
  );
}

function NextAttempt({ delivery }: { delivery: DeliveryDetailDto }) {
  const now = useNow();
  const { next_attempt_at: next, next_attempt_trigger: trigger = "schedule", attempt_count: count } = delivery;
  if (next === undefined) return null;
  const due = Date.parse(next) <= now;
  const isRetry = trigger === "schedule" && count > 0;
  return (
    <li className="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-0.5 px-3 py-1 text-sm">
      <CircleDashed className="size-3.5 shrink-0 text-icon" aria-hidden />
      <span className="font-medium">
        {due ? `Attempt ${count + 1} is being made` : `Attempt ${count + 1} ${formatRelative(next, now)}`}
      </span>
      <span className="text-xs text-muted">
        {isRetry ? `The schedule has ${SCHEDULED_ATTEMPTS} attempts in three days` : triggerWords(trigger, count + 1)}
      </span>
      <time dateTime={next} className="ml-auto font-mono text-xs text-muted tabular-nums">
        {formatExact(next)}
      </time>
    </li>
  );
}

type ItemProps = { attempt: AttemptDto; longest: number; shown: boolean; onShow: () => void };

function AttemptItem({ attempt, longest, shown, onShow }: ItemProps) {
  const failed = attempt.error !== undefined;
  const outcome = attempt.status_code ?? errorWords(attempt.error ?? "").short;
  return (
    <li>
      <button
        type="button"
        aria-current={shown || undefined}
        onClick={onShow}
        className="grid min-h-9 w-full grid-cols-[auto_3.5rem_minmax(0,1fr)_auto] items-center gap-x-3 px-3 py-1 text-left text-sm transition-colors -outline-offset-2 hover:bg-hover aria-current:bg-selected sm:grid-cols-[auto_2rem_minmax(0,9rem)_minmax(0,1fr)_6rem_4.5rem_auto]"
      >
        <RunStatusIcon status={failed ? "FAILED" : "COMPLETED"} />
        <span className="font-mono text-xs text-muted tabular-nums">#{attempt.number}</span>
        <span className={cn("truncate font-medium", failed ? "text-danger-text" : "text-success-text")}>
          <span className="sr-only">{failed ? "Failed: " : "Delivered: "}</span>
          {outcome}
        </span>
        <span className="truncate text-xs text-muted max-sm:hidden">
          {triggerWords(attempt.trigger, attempt.number)}
        </span>
        <DurationBar ms={attempt.duration_ms} longest={longest} failed={failed} />
        <span className="text-right font-mono text-xs tabular-nums max-sm:hidden">
          {formatDuration(attempt.duration_ms)}
        </span>
        <time
          dateTime={attempt.started_at}
          className="font-mono text-xs whitespace-nowrap text-muted tabular-nums max-sm:col-span-4 max-sm:pl-6.5"
        >
          {formatExact(attempt.started_at, true)}
        </time>
      </button>
    </li>
  );
}

/** How long it took, against the longest. An attribute of SVG, because the served page carries no styles. */
function DurationBar({ ms, longest, failed }: { ms: number; longest: number; failed: boolean }) {
  return (
    <svg
      aria-hidden
      viewBox="0 0 100 6"
      preserveAspectRatio="none"
      className="h-1.5 w-full overflow-hidden rounded-sm bg-selected max-sm:hidden"
    >
      <rect
        width={Math.max(1.5, (ms / longest) * 100)}
        height="6"
        className={failed ? "fill-danger-solid" : "fill-success-solid"}
      />
    </svg>
  );
}
