/** Two texts in one, with what differs marked; equal parts are folded away. */
"use client";

import { unifiedMergeView } from "@codemirror/merge";
import { json } from "@codemirror/lang-json";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";

import { diffTheme, editorTheme } from "@/components/json-editor/editor-theme";
import { cspNonce } from "@/components/ui/csp-nonce";

/** To read; 24 rem high. */
export function TextDiff({ label, before, after }: { label: string; before: string; after: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const view = new EditorView({
      parent: place.current!,
      doc: after,
      extensions: [
        EditorView.cspNonce.of(cspNonce()),
        EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
        EditorState.readOnly.of(true),
        lineNumbers(),
        EditorView.lineWrapping,
        json(),
        unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: { margin: 3, minSize: 6 } }),
        editorTheme,
        diffTheme,
      ],
    });
    return () => view.destroy();
  }, [label, before, after]);
  return <div ref={place} className="h-96 overflow-hidden rounded-md border" />;
}
