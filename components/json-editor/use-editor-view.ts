/** CodeMirror's life inside React: made once, told of what changes outside, telling what changes inside. */
import { Annotation, Compartment, EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, type ViewUpdate } from "@codemirror/view";
import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";

import { editorSetup } from "@/components/json-editor/editor-setup";
import { pathAt, placeOfPath } from "@/components/json-editor/json-path";
import { problemsChanged } from "@/components/json-editor/problem-marks";
import { wholeTree } from "@/components/json-editor/whole-tree";
import type { JsonEditorProps } from "@/components/ui/json-editor";

/** Marks what the caller did, so that it is not told of it. */
const fromOutside = Annotation.define<true>();

/** The view in `place`; null until it is mounted. */
export function useEditorView(
  place: RefObject<HTMLDivElement | null>,
  hintId: string,
  props: JsonEditorProps,
): RefObject<EditorView | null> {
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  // Texts that the caller was told of and has not handed back yet: a slow page must not undo what was typed meanwhile.
  const told = useRef<string[]>([]);
  const setup = useRef(new Compartment());
  const { value, problems, reveal, label, readOnly = false, schema } = props;
  useLayoutEffect(() => {
    latest.current = props;
  });

  useEffect(() => {
    const tell = (update: ViewUpdate) => {
      if (update.transactions.some((transaction) => transaction.annotation(fromOutside))) return;
      const { onChange, onCursorPath } = latest.current;
      if (update.docChanged && onChange) {
        const text = update.state.doc.toString();
        told.current.push(text);
        onChange(text);
      }
      if (update.selectionSet && onCursorPath) onCursorPath(cursorPath(update.state));
    };
    const submit = () => {
      latest.current.onSubmit?.();
      return latest.current.onSubmit !== undefined;
    };
    const { value: doc, ...first } = latest.current;
    const made = new EditorView({
      parent: place.current!,
      state: EditorState.create({
        doc,
        extensions: [
          Prec.highest(keymap.of([{ key: "Mod-Enter", run: submit }])),
          setup.current.of(editorSetup({ ...setupOf(first), hintId })),
          EditorView.updateListener.of(tell),
        ],
      }),
    });
    view.current = made;
    made.dispatch({ effects: problemsChanged(first.problems ?? []) });
    return () => {
      view.current = null;
      made.destroy();
    };
  }, [place, hintId]);

  useEffect(() => {
    view.current?.dispatch({
      effects: setup.current.reconfigure(editorSetup({ label, readOnly, schema, hintId })),
    });
  }, [label, readOnly, schema, hintId]);

  useEffect(() => {
    const known = told.current.indexOf(value);
    if (known >= 0) {
      told.current.splice(0, known + 1);
      return;
    }
    if (view.current) replaceText(view.current, value);
  }, [value]);

  useEffect(() => {
    view.current?.dispatch({ effects: problemsChanged(problems ?? []) });
  }, [problems]);

  useEffect(() => {
    if (view.current && reveal) show(view.current, reveal);
  }, [reveal]);

  return view;
}

function setupOf({ label, readOnly = false, schema }: Omit<JsonEditorProps, "value">) {
  return { label, readOnly, schema };
}

function cursorPath(state: EditorState): string {
  return pathAt(wholeTree(state), (from, to) => state.sliceDoc(from, to), state.selection.main.head);
}

function replaceText(view: EditorView, text: string): void {
  const { doc, selection } = view.state;
  if (doc.toString() === text) return;
  view.dispatch({
    changes: { from: 0, to: doc.length, insert: text },
    selection: { anchor: Math.min(selection.main.anchor, text.length) },
    annotations: fromOutside.of(true),
  });
}

function show(view: EditorView, { path, focus }: NonNullable<JsonEditorProps["reveal"]>): void {
  const { state } = view;
  const { from, to } = placeOfPath(wholeTree(state), (start, end) => state.sliceDoc(start, end), path);
  view.dispatch({
    selection: { anchor: from, head: to },
    effects: EditorView.scrollIntoView(from, { y: "center" }),
    annotations: fromOutside.of(true),
  });
  if (focus) view.focus();
}
