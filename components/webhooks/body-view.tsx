/** A body of HTTP: as JSON to be read where it is that, and byte for byte. */
"use client";

import { useMemo, useState } from "react";

import { CodeBlock } from "@/components/ui/code-block";
import { JsonView } from "@/components/ui/json-view";
import { Segmented } from "@/components/ui/segmented";

const LOOKS = [
  { value: "pretty", label: "Pretty" },
  { value: "raw", label: "Raw" },
] as const;

function parsed(text: string): { value: unknown } | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { value } : null;
  } catch {
    return null;
  }
}

/** `label` names the box. What is no JSON is shown raw only. */
export function BodyView({ text, label }: { text: string; label: string }) {
  const json = useMemo(() => parsed(text), [text]);
  const [look, setLook] = useState<"pretty" | "raw">("pretty");
  return (
    <div className="flex min-w-0 flex-col gap-2">
      {json ? (
        <Segmented label={`How the ${label.toLowerCase()} is shown`} value={look} onChange={setLook} options={LOOKS} />
      ) : null}
      {json && look === "pretty" ? (
        <JsonView value={json.value} label={label} />
      ) : (
        <CodeBlock code={text} label={label} wrap />
      )}
    </div>
  );
}
