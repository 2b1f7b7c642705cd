/** The syntax tree of the whole text: CodeMirror by itself reads only as far as is shown. */
import { ensureSyntaxTree, syntaxTree } from "@codemirror/language";
import type { EditorState } from "@codemirror/state";
import type { Tree } from "@lezer/common";

const MOST_MS = 200;

/** Of a text that takes too long to read, as far as it has been read. */
export function wholeTree(state: EditorState): Tree {
  return ensureSyntaxTree(state, state.doc.length, MOST_MS) ?? syntaxTree(state);
}
