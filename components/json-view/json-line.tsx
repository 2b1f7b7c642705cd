/** One line of a JSON value. */
import { ChevronDown, ChevronRight } from "lucide-react";
import type { ReactNode } from "react";

import { describeFolded, type JsonLine } from "@/components/json-view/json-lines";
import { cn } from "@/components/ui/cn";

/** Longest text that a line shows; it is copied whole. */
const MAX_SHOWN = 400;

type LineProps = {
  line: JsonLine;
  /** Its place among the lines. */
  index: number;
  id: string;
  /** The one that the arrow keys are at. */
  active: boolean;
  /** Of the search. */
  hit: boolean;
};

/** What a click in the tree is at: the line's place, and whether it is at the arrow that folds it. */
export function clickedLine(target: EventTarget): { index: number; folds: boolean } | undefined {
  const line = target instanceof Element ? target.closest<HTMLElement>("[data-line]") : null;
  if (!line) return undefined;
  return { index: Number(line.dataset["line"]), folds: (target as Element).closest("[data-fold]") !== null };
}

/** The tree has the focus, the keys and the clicks. */
export function JsonLineView({ line, index, id, active, hit }: LineProps) {
  const depth = line.path.length;
  const folds = line.kind === "open" || line.kind === "folded";
  const isItem = line.kind !== "close";
  return (
    <div
      id={id}
      data-line={index}
      role={isItem ? "treeitem" : "presentation"}
      {...(isItem ? { "aria-level": depth + 1, "aria-selected": active } : {})}
      {...(folds ? { "aria-expanded": line.kind === "open" } : {})}
      className={cn(
        "flex h-5 w-max min-w-full items-center pr-3 leading-5 whitespace-pre",
        active ? "bg-selected" : "hover:bg-hover",
        hit && "bg-warning-tint",
        hit && active && "outline-1 -outline-offset-1 outline-warning-solid",
      )}
    >
      {/* The margin that holds the arrows. */}
      <span
        aria-hidden
        data-fold={folds ? "" : undefined}
        className={cn(
          "sticky left-0 flex h-5 w-6 shrink-0 items-center justify-center bg-inherit text-icon",
          folds && "cursor-pointer hover:text-ink",
        )}
      >
        {folds ? (
          line.kind === "open" ? (
            <ChevronDown className="size-3.5" />
          ) : (
            <ChevronRight className="size-3.5" />
          )
        ) : null}
      </span>
      {/* An element of its own: blanks alone would not be laid out. */}
      <span aria-hidden>{"  ".repeat(depth)}</span>
      {typeof line.name === "string" ? <span className="text-ink">{`${JSON.stringify(line.name)}: `}</span> : null}
      <LineValue line={line} />
      {line.more && line.kind !== "open" ? <span className="text-muted">,</span> : null}
    </div>
  );
}

function LineValue({ line: { kind, value } }: { line: JsonLine }): ReactNode {
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (kind === "open") return <span className="text-muted">{open}</span>;
  if (kind === "close") return <span className="text-muted">{close}</span>;
  if (kind === "folded") {
    return (
      <span className="text-muted">
        {open} {describeFolded(value)} {close}
      </span>
    );
  }
  if (typeof value === "string") return <TextValue text={value} />;
  if (typeof value === "object" && value !== null) return <span className="text-muted">{open + close}</span>;
  return <span className="text-info-text">{JSON.stringify(value) ?? "null"}</span>;
}

function TextValue({ text }: { text: string }) {
  if (text.length <= MAX_SHOWN) return <span className="text-success-text">{JSON.stringify(text)}</span>;
  return (
    <>
      <span className="text-success-text">{JSON.stringify(text.slice(0, MAX_SHOWN)).slice(0, -1)}…</span>
      <span className="text-muted"> {text.length - MAX_SHOWN} more characters</span>
    </>
  );
}
