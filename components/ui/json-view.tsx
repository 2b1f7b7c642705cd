/** JSON with its keys, strings and numbers told apart, in a copyable block. */
import type { ReactNode } from "react";

import { CodeBlock } from "@/components/ui/code-block";

/** Larger texts are shown without colour: a span per token of a megabyte would stall the page. */
const COLOUR_LIMIT = 60_000;
const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function colour(text: string): ReactNode[] {
  const parts: ReactNode[] = [];
  let last = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > last) parts.push(text.slice(last, match.index));
    const [whole, string, colon] = match;
    const className = string ? (colon ? "text-ink" : "text-success-text") : "text-info-text";
    parts.push(
      <span key={match.index} className={className}>
        {whole}
      </span>,
    );
    last = match.index + whole.length;
  }
  parts.push(text.slice(last));
  return parts;
}

/** Shows a JSON value, indented by two spaces. */
export function JsonView({ value, label }: { value: unknown; label: string }) {
  const text = JSON.stringify(value, null, 2) ?? "";
  return (
    <CodeBlock code={text} label={label}>
      <span className="text-soft">{text.length <= COLOUR_LIMIT ? colour(text) : text}</span>
    </CodeBlock>
  );
}
