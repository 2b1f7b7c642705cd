/** The editor with its header. Loaded by components/ui/json-editor.tsx. */
"use client";

import { openSearchPanel } from "@codemirror/search";
import type { EditorView } from "@codemirror/view";
import { AlignLeft, Search } from "lucide-react";
import { useId, useRef } from "react";

import { formatDocument } from "@/components/json-editor/editor-setup";
import { useEditorView } from "@/components/json-editor/use-editor-view";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import type { JsonEditorProps } from "@/components/ui/json-editor";
import { showToast } from "@/components/ui/toast";

/** Fills its place, its own text scrolls. */
export function EditorFrame(props: JsonEditorProps) {
  const { label, readOnly = false, minHeight = 160, beside, actions, className } = props;
  const hintId = useId();
  const place = useRef<HTMLDivElement>(null);
  const view = useEditorView(place, hintId, props);
  return (
    <section aria-label={label} className={cn("flex size-full min-w-0 flex-col", className)}>
      <header className="flex min-h-9 shrink-0 flex-wrap items-center gap-1 border-b py-1 pr-1.5 pl-3">
        <h2 className="truncate text-xs font-medium text-muted">{label}</h2>
        <div className="flex min-w-0 flex-1 items-center">{beside}</div>
        <Button
          variant="ghost"
          size="iconSm"
          aria-label="Search in the text"
          title="Search (⌘F)"
          onClick={() => view.current && openSearchPanel(view.current)}
        >
          <Search aria-hidden />
        </Button>
        {readOnly ? null : (
          <Button
            variant="ghost"
            size="iconSm"
            aria-label="Format"
            title="Format (⌘⇧F)"
            aria-keyshortcuts="Meta+Shift+F Control+Shift+F"
            onClick={() => view.current && format(view.current)}
          >
            <AlignLeft aria-hidden />
          </Button>
        )}
        {actions}
      </header>
      <p id={hintId} className="sr-only">
        {readOnly ? "Read only. " : ""}Press Escape, then Tab, to leave the editor.
      </p>
      <div
        ref={place}
        className="min-h-0 flex-1 focus-within:outline-2 focus-within:-outline-offset-2 focus-within:outline-focus"
        style={{ minHeight }}
      />
    </section>
  );
}

function format(view: EditorView): void {
  if (formatDocument(view)) return;
  showToast({ tone: "danger", title: "The text is not JSON yet", detail: "It is laid out once the mistake is mended" });
}
