/** A run's status: a shape, a colour and always the word. */
import type { ReactNode } from "react";

import { cn } from "@/components/ui/cn";
import type { RunStatusName } from "@/lib/runs/schema";

const SHAPE: Record<RunStatusName, { className: string; drawing: ReactNode }> = {
  PENDING: {
    className: "text-icon",
    drawing: <circle cx="8" cy="8" r="5.75" fill="none" stroke="currentColor" strokeWidth="1.5" />,
  },
  RUNNING: {
    className: "text-info-solid",
    drawing: (
      <>
        <circle cx="8" cy="8" r="5.75" fill="none" stroke="currentColor" strokeWidth="1.5" opacity="0.28" />
        <path
          d="M8 2.25A5.75 5.75 0 0 1 13.75 8"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.75"
          strokeLinecap="round"
          className="origin-center animate-spin"
        />
      </>
    ),
  },
  COMPLETED: {
    className: "text-success-solid",
    drawing: (
      <>
        <circle cx="8" cy="8" r="6.5" fill="currentColor" />
        <path
          d="m5.2 8.2 2 2 3.6-4"
          fill="none"
          stroke="var(--color-canvas)"
          strokeWidth="1.5"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </>
    ),
  },
  DEGRADED: {
    className: "text-warning-solid",
    drawing: (
      <>
        <circle cx="8" cy="8" r="5.75" fill="none" stroke="currentColor" strokeWidth="1.5" />
        <path d="M8 2.25a5.75 5.75 0 0 0 0 11.5Z" fill="currentColor" />
      </>
    ),
  },
  FAILED: {
    className: "text-danger-solid",
    drawing: (
      <>
        <circle cx="8" cy="8" r="6.5" fill="currentColor" />
        <path d="m5.8 5.8 4.4 4.4m0-4.4-4.4 4.4" stroke="var(--color-canvas)" strokeWidth="1.5" strokeLinecap="round" />
      </>
    ),
  },
  CANCELED: {
    className: "text-icon",
    drawing: (
      <>
        <circle cx="8" cy="8" r="5.75" fill="none" stroke="currentColor" strokeWidth="1.5" />
        <path d="m4.2 11.8 7.6-7.6" stroke="currentColor" strokeWidth="1.5" />
      </>
    ),
  },
};

const WORD_COLOUR: Record<RunStatusName, string> = {
  PENDING: "text-muted",
  RUNNING: "text-info-text",
  COMPLETED: "text-success-text",
  DEGRADED: "text-warning-text",
  FAILED: "text-danger-text",
  CANCELED: "text-muted",
};

/** The shape alone; the word must stand beside it. */
export function RunStatusIcon({ status, className }: { status: RunStatusName; className?: string }) {
  const { className: colour, drawing } = SHAPE[status];
  return (
    <svg viewBox="0 0 16 16" aria-hidden className={cn("size-3.5 shrink-0", colour, className)}>
      {drawing}
    </svg>
  );
}

/** Shape and word. */
export function RunStatusLabel({ status, className }: { status: RunStatusName; className?: string }) {
  return (
    <span
      className={cn(
        "inline-flex items-center gap-1.5 align-middle text-xs font-medium",
        WORD_COLOUR[status],
        className,
      )}
    >
      <RunStatusIcon status={status} />
      {status}
    </span>
  );
}
