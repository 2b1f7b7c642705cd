/** Problems in the editor: mistakes in the JSON itself and those that the caller names by path, underlined, in the gutter, and at the line's end. */
import { type Diagnostic, forEachDiagnostic, lintGutter, linter, setDiagnosticsEffect } from "@codemirror/lint";
import { type EditorState, type Extension, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, WidgetType } from "@codemirror/view";

import { placeOfPath } from "@/components/json-editor/json-path";
import { wholeTree } from "@/components/json-editor/whole-tree";
import { readJson } from "@/components/json-editor/json-text";
import type { JsonProblem } from "@/components/ui/json-editor";

const DELAY_MS = 250;
const setProblems = StateEffect.define<readonly JsonProblem[]>();

const problemField = StateField.define<readonly JsonProblem[]>({
  create: () => [],
  update: (problems, { effects }) => effects.find((effect) => effect.is(setProblems))?.value ?? problems,
});

/** What to dispatch when the caller's problems are others. */
export function problemsChanged(problems: readonly JsonProblem[]) {
  return setProblems.of(problems);
}

/** The first mistake in the text, or while there is none the caller's problems. */
function diagnose(view: EditorView): Diagnostic[] {
  const { doc } = view.state;
  const text = doc.toString();
  const read = readJson(text);
  if (!read.ok) {
    const { offset, message } = read.problem;
    const from = Math.min(offset, Math.max(0, doc.length - 1));
    return [{ from, to: Math.min(from + 1, doc.length), severity: "error", message }];
  }
  const tree = wholeTree(view.state);
  return view.state.field(problemField).map(({ path, message, severity }) => {
    const { from, to } = placeOfPath(tree, (start, end) => text.slice(start, end), path);
    return { from, to, message, severity };
  });
}

/** The message at the end of a line. The list of problems says the same to screen readers. */
class LineMessage extends WidgetType {
  readonly message: string;
  readonly severity: string;
  constructor(message: string, severity: string) {
    super();
    this.message = message;
    this.severity = severity;
  }
  override eq(other: LineMessage): boolean {
    return other.message === this.message && other.severity === this.severity;
  }
  override toDOM(): HTMLElement {
    const span = document.createElement("span");
    span.className = `cm-line-message cm-line-message-${this.severity}`;
    span.setAttribute("aria-hidden", "true");
    span.textContent = this.message;
    return span;
  }
}

function lineMessages(state: EditorState): DecorationSet {
  const byLine = new Map<number, Diagnostic>();
  forEachDiagnostic(state, (diagnostic, from) => {
    const { to } = state.doc.lineAt(Math.min(from, state.doc.length));
    if (!byLine.has(to)) byLine.set(to, diagnostic);
  });
  const marks = [...byLine].map(([at, { message, severity }]) =>
    Decoration.widget({ widget: new LineMessage(message, severity), side: 1 }).range(at),
  );
  return Decoration.set(marks, true);
}

const messageField = StateField.define<DecorationSet>({
  create: lineMessages,
  update: (marks, transaction) => {
    const isNew = transaction.effects.some((effect) => effect.is(setDiagnosticsEffect));
    return isNew ? lineMessages(transaction.state) : marks.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

const isFed = ({ effects }: { effects: readonly StateEffect<unknown>[] }) =>
  effects.some((effect) => effect.is(setProblems));

/** Everything that shows problems; feed it with `problemsChanged`. */
export function problemMarks(): Extension {
  return [
    problemField,
    linter(diagnose, { delay: DELAY_MS, needsRefresh: ({ transactions }) => transactions.some(isFed) }),
    lintGutter(),
    messageField,
  ];
}
