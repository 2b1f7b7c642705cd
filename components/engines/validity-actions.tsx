/** Whether the draft can be published, and the button that asks again. */
"use client";

import { Check, CircleAlert, LoaderCircle } from "lucide-react";

import type { EngineDraft } from "@/components/engines/engine-draft";
import { useCan } from "@/components/shell/session-context";
import { Button } from "@/components/ui/button";
import { formatPlural } from "@/components/ui/format-number";

/** Asked by itself after a pause in typing. */
export function ValidityActions({ draft }: { draft: EngineDraft }) {
  const mayAsk = useCan("engines:manage");
  if (!mayAsk) return null;
  return (
    <>
      <output className="flex items-center gap-1.5 text-xs [&_svg]:size-3.5">
        <ValidityWords draft={draft} />
      </output>
      <Button
        size="sm"
        onClick={draft.validity.check}
        disabledReason={draft.content.ok ? undefined : draft.content.reason}
      >
        Validate
      </Button>
    </>
  );
}

function ValidityWords({ draft: { content, validity } }: { draft: EngineDraft }) {
  if (!content.ok) return <span className="text-danger-text">{content.reason}</span>;
  switch (validity.state) {
    case "checking":
      return (
        <>
          <LoaderCircle className="animate-spin text-muted" aria-hidden />
          <span className="text-muted">Checking</span>
        </>
      );
    case "valid":
      return (
        <>
          <Check className="text-success-text" aria-hidden />
          <span className="text-success-text">Valid</span>
        </>
      );
    case "invalid":
      return (
        <>
          <CircleAlert className="text-danger-text" aria-hidden />
          <span className="text-danger-text">{formatPlural(validity.problems.length, "problem")}</span>
        </>
      );
    case "failed":
      return <span className="text-danger-text">Could not be checked</span>;
    default:
      return null;
  }
}
