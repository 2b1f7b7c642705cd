/** Publishes the draft: saves it first where it is not saved, then opens the dialog that shows what becomes of it. */
"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { type EngineDraft, useMaybeEngineDraft } from "@/components/engines/engine-draft";
import { PublishDialog } from "@/components/engines/publish-dialog";
import { useRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { toastSuccess } from "@/components/ui/toast";
import type { EngineDto } from "@/lib/engines/schema";

/** The button and its dialog. */
export function PublishButton({ engine }: { engine: EngineDto }) {
  const draft = useMaybeEngineDraft();
  const refusal = useRefusal("engines:manage");
  const queryClient = useQueryClient();
  const [open, setOpen] = useState(false);
  const start = async () => {
    if (!draft?.dirty || (await draft.save())) setOpen(true);
  };
  return (
    <>
      <Button
        variant="primary"
        onClick={() => void start()}
        pending={draft?.saving ?? false}
        disabledReason={refusal ?? (draft ? draftRefusal(draft) : undefined)}
      >
        Publish…
      </Button>
      <PublishDialog
        engine={engine}
        open={open}
        onOpenChange={setOpen}
        onPublished={({ version }) => {
          setOpen(false);
          toastSuccess(`Version ${version} published`, "New runs use it, unless they or their environment are pinned");
          void queryClient.invalidateQueries({ queryKey: ["engine", engine.slug] });
          void queryClient.invalidateQueries({ queryKey: ["engines"] });
        }}
      />
    </>
  );
}

/** Why this text cannot even be looked at for publishing, or undefined; what is wrong with its graph the dialog says. */
function draftRefusal({ content, newer, base, dirty }: EngineDraft): string | undefined {
  if (!content.ok) return content.reason;
  if (newer) return "Decide first what becomes of the newer draft";
  if (base.config === null && !dirty) return "There is no draft yet";
  return undefined;
}
