/** What the editor can do: the parts of CodeMirror that a JSON document needs, and its keys. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json, jsonLanguage } from "@codemirror/lang-json";
import { bracketMatching, codeFolding, foldGutter, foldKeymap, indentOnInput } from "@codemirror/language";
import { lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";

import { completeBy } from "@/components/json-editor/completion";
import { editorTheme } from "@/components/json-editor/editor-theme";
import { formatJson } from "@/components/json-editor/json-format";
import type { JsonShape } from "@/components/json-editor/json-shape";
import { problemMarks } from "@/components/json-editor/problem-marks";
import { cspNonce } from "@/components/ui/csp-nonce";

/** Lays the whole text out anew and keeps the cursor's line in sight; false, and nothing done, for what is not JSON. */
export function formatDocument(view: EditorView): boolean {
  const text = view.state.doc.toString();
  let formatted: string;
  try {
    formatted = formatJson(text);
  } catch {
    return false;
  }
  if (formatted !== text) {
    view.dispatch({ changes: { from: 0, to: text.length, insert: formatted }, selection: { anchor: 0 } });
  }
  return true;
}

type SetupOptions = { label: string; hintId: string; readOnly: boolean; schema: JsonShape | undefined };

/** All extensions but those that report to the caller. */
export function editorSetup({ label, hintId, readOnly, schema }: SetupOptions): Extension {
  return [
    EditorView.cspNonce.of(cspNonce()),
    // It takes the focus as it is; the tabindex says so to tools that look for one in a box that scrolls.
    EditorView.contentAttributes.of({ "aria-label": label, "aria-describedby": hintId, tabindex: "0" }),
    lineNumbers(),
    problemMarks(),
    codeFolding(),
    foldGutter(),
    highlightSpecialChars(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    // Not before a quotation mark: in a text such as "[7..30)" a bracket is not one of JSON's.
    jsonLanguage.data.of({ closeBrackets: { brackets: ["[", "{", '"'], before: ",]}" } }),
    autocompletion(schema ? { override: [completeBy(schema)] } : { override: [] }),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    search({ top: true }),
    EditorView.lineWrapping,
    EditorState.tabSize.of(2),
    EditorState.readOnly.of(readOnly),
    json(),
    editorTheme,
    keymap.of([
      { key: "Mod-Shift-f", run: (view) => readOnly || formatDocument(view) },
      ...closeBracketsKeymap,
      // ⌘⏎ belongs to the page.
      ...defaultKeymap.filter(({ key }) => key !== "Mod-Enter"),
      ...searchKeymap.filter(({ key }) => key !== "Mod-Shift-f"),
      ...historyKeymap,
      ...foldKeymap,
      ...completionKeymap,
      ...lintKeymap,
      // Escape first lets the next Tab leave; CodeMirror sees to that.
      indentWithTab,
    ]),
  ];
}
