/** What stood there and what stands there: one above the other, the old one struck through in red, the new one in green. */
"use client";

import dynamic from "next/dynamic";
import type { ReactNode } from "react";

import { cn } from "@/components/ui/cn";
import type { ConfigChange } from "@/lib/engines/diff-schema";

const TextDiff = dynamic(() => import("@/components/json-editor/text-diff").then((module) => module.TextDiff), {
  ssr: false,
  loading: () => <div aria-busy className="h-96" />,
});

/** Longer texts are cut: the whole config is a click away. */
const MAX_CHARS = 2_000;

function textOf(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…` : text;
}

/** Nothing for what only moved. */
export function ChangeValues({ change }: { change: ConfigChange }) {
  if (change.kind === "moved") return null;
  if (change.cells) return <Cells cells={change.cells} />;
  const { subject, label, before, after } = change;
  if (subject === "source" && typeof before === "string" && typeof after === "string") {
    return (
      <div className="mt-1">
        <TextDiff label={`${label}, before and after`} before={before} after={after} />
      </div>
    );
  }
  return (
    <div className="mt-1 overflow-hidden rounded-md border">
      {before === undefined ? null : <Value tone="before">{textOf(before)}</Value>}
      {after === undefined ? null : <Value tone="after">{textOf(after)}</Value>}
    </div>
  );
}

function Value({ tone, children }: { tone: "before" | "after"; children: ReactNode }) {
  const isBefore = tone === "before";
  return (
    <pre
      className={cn(
        "flex gap-2 overflow-x-auto px-2 py-1 font-mono text-xs leading-5 break-words whitespace-pre-wrap",
        isBefore ? "bg-danger-tint text-danger-text" : "bg-success-tint text-success-text",
      )}
    >
      <span aria-hidden className="select-none">
        {isBefore ? "−" : "+"}
      </span>
      <span className="sr-only">{isBefore ? "Before: " : "After: "}</span>
      <code className="min-w-0">{children === "" ? <i className="font-sans">empty</i> : children}</code>
    </pre>
  );
}

function Cells({ cells }: { cells: NonNullable<ConfigChange["cells"]> }) {
  return (
    <dl className="mt-1 grid grid-cols-[minmax(5rem,auto)_1fr] gap-x-3 gap-y-1 text-xs max-sm:grid-cols-1">
      {cells.map(({ column, before, after }) => (
        <div key={`${column} ${before} ${after}`} className="col-span-full grid grid-cols-subgrid items-start">
          <dt className="py-1 text-muted">{column}</dt>
          <dd className="min-w-0 overflow-hidden rounded-md border">
            {before === undefined ? null : <Value tone="before">{before}</Value>}
            {after === undefined ? null : <Value tone="after">{after}</Value>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
