/** Two people edit one draft: says that somebody else has stored theirs, shows what differs, and lets the person decide. */
"use client";

import dynamic from "next/dynamic";
import { useState } from "react";

import { configText } from "@/components/engines/config-text";
import { type EngineDraft, useEngineDraft } from "@/components/engines/engine-draft";
import { useRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { RelativeTime } from "@/components/ui/clock";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@/components/ui/dialog";
import type { EngineDraft as StoredDraft } from "@/lib/engines/schema";

const TextDiff = dynamic(() => import("@/components/json-editor/text-diff").then((module) => module.TextDiff), {
  ssr: false,
  loading: () => <div aria-busy className="h-96" />,
});

/** Nothing while there is no newer draft. */
export function NewerDraft() {
  const draft = useEngineDraft();
  const [comparing, setComparing] = useState(false);
  const { newer } = draft;
  if (newer === null) return null;
  return (
    <>
      <Callout tone="warning" live="alert" className="mb-3 items-start">
        <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
          <p className="min-w-0">
            <Author stored={newer} /> saved another draft <RelativeTime at={newer.updated_at} />. Yours started from the
            one before and is not saved.
          </p>
          <div className="flex flex-wrap gap-2">
            <Button size="sm" onClick={() => setComparing(true)}>
              Compare
            </Button>
            <Choices draft={draft} size="sm" />
          </div>
        </div>
      </Callout>
      <Dialog open={comparing} onOpenChange={setComparing}>
        <DialogContent
          title="Their draft and yours"
          description="What is theirs alone is red, what is yours alone is green."
          className="max-w-xl"
        >
          <DialogBody>
            <TextDiff label="What differs" before={configText(newer.config)} after={draft.text} />
          </DialogBody>
          <DialogFooter>
            <Button size="lg" onClick={() => setComparing(false)}>
              Decide later
            </Button>
            <Choices draft={draft} size="lg" onChosen={() => setComparing(false)} />
          </DialogFooter>
        </DialogContent>
      </Dialog>
    </>
  );
}

function Author({ stored }: { stored: StoredDraft }) {
  return <strong className="font-semibold">{stored.updated_by ?? "Somebody"}</strong>;
}

function Choices({ draft, size, onChosen }: { draft: EngineDraft; size: "sm" | "lg"; onChosen?: () => void }) {
  const refusal = useRefusal("engines:manage");
  return (
    <>
      <Button
        size={size}
        onClick={() => {
          draft.takeStored();
          onChosen?.();
        }}
      >
        Take theirs
      </Button>
      <Button
        size={size}
        pending={draft.saving}
        disabledReason={refusal ?? (draft.content.ok ? undefined : draft.content.reason)}
        onClick={() => void draft.overwrite().then((saved) => (saved ? onChosen?.() : undefined))}
      >
        Replace it with mine
      </Button>
    </>
  );
}
