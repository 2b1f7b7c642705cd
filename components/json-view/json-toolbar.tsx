/** The line above a JSON value: its name, search, folding, copy. */
"use client";

import { ArrowDown, ArrowUp, FoldVertical, Search, UnfoldVertical, X } from "lucide-react";

import type { Folding } from "@/components/json-view/use-folding";
import type { JsonSearch } from "@/components/json-view/use-json-search";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";

type ToolbarProps = { label: string; value: unknown; folding: Folding; search: JsonSearch };

export function JsonToolbar({ label, value, folding, search }: ToolbarProps) {
  const hasParts = folding.lines.length > 1 || folding.lines[0]?.kind === "folded";
  return (
    <figcaption className="flex min-h-8 shrink-0 flex-wrap items-center gap-x-1 border-b pr-1 pl-3 text-xs text-muted">
      <span className="flex-1 py-1.5 whitespace-nowrap">{label}</span>
      {hasParts && search.isOpen ? <SearchBox label={label} search={search} /> : null}
      {hasParts && !search.isOpen ? (
        <Button variant="ghost" size="iconSm" aria-label={`Search in ${label.toLowerCase()}`} onClick={search.open}>
          <Search aria-hidden />
        </Button>
      ) : null}
      {hasParts ? (
        <>
          <Button variant="ghost" size="iconSm" aria-label="Fold all" onClick={folding.foldAll}>
            <FoldVertical aria-hidden />
          </Button>
          <Button variant="ghost" size="iconSm" aria-label="Unfold all" onClick={folding.unfoldAll}>
            <UnfoldVertical aria-hidden />
          </Button>
        </>
      ) : null}
      <CopyJson label={label} value={value} />
    </figcaption>
  );
}

function CopyJson({ label, value }: { label: string; value: unknown }) {
  return <CopyButton text={() => JSON.stringify(value, null, 2) ?? ""} label={`Copy ${label.toLowerCase()}`} />;
}

function SearchBox({ label, search }: { label: string; search: JsonSearch }) {
  const { hits, at, text } = search;
  const count = text === "" ? "" : hits.length === 0 ? "none" : `${at + 1} of ${hits.length}`;
  return (
    <search className="flex min-w-0 items-center gap-0.5">
      <input
        // It appears because it was asked for.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        type="text"
        value={text}
        aria-label={`Search in ${label.toLowerCase()}`}
        placeholder="Name or value"
        spellCheck={false}
        onChange={(event) => search.setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") search.close();
          if (event.key !== "Enter") return;
          event.preventDefault();
          search.go(event.shiftKey ? -1 : 1);
        }}
        className="h-6 w-36 min-w-0 rounded-sm border border-control bg-canvas px-1.5 text-xs text-ink"
      />
      <output aria-live="polite" className="min-w-14 px-1 text-right font-mono text-xs tabular-nums">
        {count}
      </output>
      <Button variant="ghost" size="iconSm" aria-label="Previous" onClick={() => search.go(-1)}>
        <ArrowUp aria-hidden />
      </Button>
      <Button variant="ghost" size="iconSm" aria-label="Next" onClick={() => search.go(1)}>
        <ArrowDown aria-hidden />
      </Button>
      <Button variant="ghost" size="iconSm" aria-label="Close search" onClick={search.close}>
        <X aria-hidden />
      </Button>
    </search>
  );
}
