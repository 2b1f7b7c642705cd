/**
 * A text field for JSON: colours, folding, search, completion, problems at their places. CodeMirror is loaded when the first one is shown.
 */
"use client";

import dynamic from "next/dynamic";
import type { ReactNode } from "react";

import type { JsonShape } from "@/components/json-editor/json-shape";
import { Skeleton } from "@/components/ui/skeleton";

/** `path` is within the value, such as `nodes[2].content.rules[0].amount`; empty for the whole. */
export type JsonProblem = { path: string; message: string; severity: "error" | "warning" | "info" };

export type JsonEditorProps = {
  value: string;
  /** Each change, as text: it may be no JSON at the moment. */
  onChange?: ((text: string) => void) | undefined;
  /** Underlined where their paths lead, marked in the gutter, said at the end of the line. Mistakes in the JSON itself are found here. */
  problems?: readonly JsonProblem[] | undefined;
  /** What may stand where, for completion. */
  schema?: JsonShape | undefined;
  readOnly?: boolean;
  /** Names it for assistive technology, and in its header. */
  label: string;
  /** In pixels; the editor fills its place and is never lower than this. */
  minHeight?: number;
  /** Scrolls to a path and selects what it names; another `at` does so again. With `focus` the editor is entered. */
  reveal?: { path: string; at: number; focus?: boolean } | undefined;
  /** The path of the value under the cursor, when the person moves it. */
  onCursorPath?: ((path: string) => void) | undefined;
  /** Ctrl or ⌘ with Enter. */
  onSubmit?: (() => void) | undefined;
  /** In the header: beside the label, and at its right end. */
  beside?: ReactNode;
  actions?: ReactNode;
  className?: string;
};

const Loaded = dynamic(() => import("@/components/json-editor/editor-frame").then((module) => module.EditorFrame), {
  ssr: false,
  loading: () => <EditorSkeleton />,
});

/** Controlled. Escape, then Tab, leaves it; ⌘⇧F lays the text out anew. */
export function JsonEditor(props: JsonEditorProps) {
  return <Loaded {...props} />;
}

function EditorSkeleton() {
  return (
    <div aria-busy className="flex size-full min-h-40 flex-col gap-2.5 px-10 py-12">
      <span className="sr-only">Loading the editor</span>
      {["w-24", "w-64", "w-80", "w-56", "w-40"].map((width) => (
        <Skeleton key={width} className={width} />
      ))}
    </div>
  );
}
