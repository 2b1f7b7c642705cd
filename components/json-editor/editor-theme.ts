/** The editor in the portal's colours: variables that follow light and dark by themselves. */
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--color-ink)", fontWeight: "500" },
  { tag: tags.string, color: "var(--color-success-text)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--color-info-text)" },
  { tag: [tags.separator, tags.squareBracket, tags.brace], color: "var(--color-muted)" },
]);

const floating = {
  background: "var(--color-overlay)",
  border: "1px solid var(--color-line)",
  borderRadius: "6px",
  boxShadow: "var(--shadow-float)",
  color: "var(--color-ink)",
};
const underline = (colour: string) => ({
  backgroundImage: "none",
  textDecoration: `underline wavy var(--color-${colour}-solid) 1px`,
  textUnderlineOffset: "3px",
});
const control = {
  background: "var(--color-canvas)",
  border: "1px solid var(--color-control)",
  borderRadius: "4px",
  color: "var(--color-ink)",
  backgroundImage: "none",
  fontSize: "12px",
  padding: "2px 6px",
};

const theme = EditorView.theme({
  "&": { height: "100%", color: "var(--color-soft)", background: "var(--color-canvas)", fontSize: "12px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "20px", overflow: "auto" },
  ".cm-content": { padding: "8px 0", caretColor: "var(--color-ink)" },
  ".cm-line": { padding: "0 12px 0 6px" },
  ".cm-cursor": { borderLeftColor: "var(--color-ink)", borderLeftWidth: "1.5px" },
  ".cm-gutters": { background: "var(--color-canvas)", border: "none", color: "var(--color-muted)" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 4px 0 8px", minWidth: "28px" },
  ".cm-foldGutter .cm-gutterElement": { color: "var(--color-icon)", cursor: "pointer", padding: "0 3px" },
  ".cm-foldPlaceholder": {
    background: "var(--color-selected)",
    border: "none",
    color: "var(--color-soft)",
    padding: "0 6px",
  },
  ".cm-activeLine, .cm-activeLineGutter": { background: "var(--color-sunken)" },
  "&.cm-focused .cm-activeLine, &.cm-focused .cm-activeLineGutter": { background: "var(--color-hover)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "light-dark(oklch(0.9 0.055 273), oklch(0.36 0.1 273))",
  },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": {
    background: "var(--color-selected)",
    outline: "1px solid var(--color-line-strong)",
  },
  ".cm-nonmatchingBracket, &.cm-focused .cm-nonmatchingBracket": { background: "var(--color-danger-tint)" },
  ".cm-searchMatch": { background: "var(--color-warning-tint)", outline: "1px solid var(--color-warning-line)" },
  ".cm-searchMatch-selected": { background: "var(--color-warning-line)" },
  ".cm-selectionMatch": { background: "var(--color-selected)" },
  ".cm-lintRange-error": underline("danger"),
  ".cm-lintRange-warning": underline("warning"),
  ".cm-lintRange-info": underline("info"),
  ".cm-gutter-lint": { width: "14px" },
  ".cm-gutter-lint .cm-gutterElement": { padding: "5px 2px" },
  ".cm-lint-marker": { content: "''", width: "9px", height: "9px", borderRadius: "999px" },
  ".cm-lint-marker-error": { content: "''", background: "var(--color-danger-solid)" },
  ".cm-lint-marker-warning": { content: "''", background: "var(--color-warning-solid)", borderRadius: "2px" },
  ".cm-lint-marker-info": { content: "''", background: "var(--color-info-solid)" },
  ".cm-line-message": {
    marginLeft: "12px",
    padding: "2px 6px",
    borderRadius: "4px",
    boxDecorationBreak: "clone",
    fontFamily: "var(--font-sans)",
  },
  ".cm-line-message-error": { color: "var(--color-danger-text)", background: "var(--color-danger-tint)" },
  ".cm-line-message-warning": { color: "var(--color-warning-text)", background: "var(--color-warning-tint)" },
  ".cm-line-message-info": { color: "var(--color-info-text)", background: "var(--color-info-tint)" },
  ".cm-tooltip": { ...floating, overflow: "hidden" },
  ".cm-tooltip-lint": { maxWidth: "440px" },
  ".cm-diagnostic": { borderLeft: "none", padding: "6px 10px", fontFamily: "var(--font-sans)", lineHeight: "18px" },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--color-danger-solid)" },
  ".cm-diagnostic-warning": { borderLeft: "3px solid var(--color-warning-solid)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--font-mono)", maxHeight: "240px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 10px", lineHeight: "18px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    background: "var(--color-selected)",
    color: "var(--color-ink)",
  },
  ".cm-completionIcon": { display: "none" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "600" },
  ".cm-panels": { background: "var(--color-sunken)", color: "var(--color-soft)" },
  ".cm-panels.cm-panels-top": { borderBottom: "1px solid var(--color-hairline)" },
  ".cm-panel.cm-search": { padding: "8px 28px 8px 10px", fontFamily: "var(--font-sans)" },
  ".cm-panel.cm-search label": { fontSize: "12px", color: "var(--color-soft)" },
  ".cm-panel.cm-search [name=close]": { top: "6px", right: "8px", fontSize: "16px", color: "var(--color-muted)" },
  ".cm-textfield": control,
  ".cm-button": { ...control, border: "1px solid var(--color-line-strong)" },
});

/** Theme and colours. */
export const editorTheme: Extension = [theme, syntaxHighlighting(colours)];

/** Of two texts that are compared. */
export const diffTheme: Extension = EditorView.theme({
  ".cm-changedLine, &.cm-merge-b .cm-changedLine, .cm-inlineChangedLine": { background: "var(--color-success-tint)" },
  ".cm-changedText, &.cm-merge-b .cm-changedText": { background: "var(--color-success-line)" },
  ".cm-deletedChunk": { background: "var(--color-danger-tint)", paddingLeft: "6px" },
  ".cm-deletedChunk .cm-deletedText": { background: "var(--color-danger-line)" },
  ".cm-changeGutter": { width: "3px" },
  ".cm-collapsedLines": {
    background: "var(--color-sunken)",
    backgroundImage: "none",
    color: "var(--color-muted)",
    fontFamily: "var(--font-sans)",
  },
});
