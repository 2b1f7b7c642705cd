/** Whether the draft is saved, and the button that saves it (⌘S). */
"use client";

import { Check, CircleDot } from "lucide-react";
import { useEffect, useRef } from "react";

import { type EngineDraft, useMaybeEngineDraft } from "@/components/engines/engine-draft";
import { useRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { RelativeTime } from "@/components/ui/clock";
import { showToast, toastError } from "@/components/ui/toast";

/** Nothing for engines that have no draft to edit. */
export function DraftActions() {
  const draft = useMaybeEngineDraft();
  return draft ? <SaveDraft draft={draft} /> : null;
}

function SaveDraft({ draft }: { draft: EngineDraft }) {
  const refusal = useRefusal("engines:manage");
  const reason =
    refusal ??
    (draft.newer ? "Decide first what becomes of the newer draft" : undefined) ??
    (draft.content.ok ? undefined : draft.content.reason) ??
    (draft.dirty ? undefined : "Everything is saved");
  const save = () => {
    if (reason === undefined) void draft.save();
    else if (draft.dirty) showToast({ tone: "danger", title: "The draft cannot be saved", detail: reason });
  };
  useSaveKeys(save);
  useErrorToast(draft.saveError);
  return (
    <>
      <DraftStatus draft={draft} />
      <Button onClick={save} pending={draft.saving} disabledReason={reason} aria-keyshortcuts="Meta+S Control+S">
        Save draft
      </Button>
    </>
  );
}

function DraftStatus({ draft }: { draft: EngineDraft }) {
  const { updated_at, updated_by } = draft.base;
  return (
    <output className="flex items-center gap-1.5 text-xs text-muted">
      {draft.dirty ? (
        <>
          <CircleDot className="size-3.5 text-warning-text" aria-hidden />
          <span className="text-warning-text">Unsaved changes</span>
        </>
      ) : (
        <>
          <Check className="size-3.5 text-success-text" aria-hidden />
          <span title={updated_by === null ? undefined : `by ${updated_by}`}>
            Saved <RelativeTime at={updated_at} />
          </span>
        </>
      )}
    </output>
  );
}

/** ⌘S and Ctrl+S, anywhere on the page. */
function useSaveKeys(save: () => void): void {
  const latest = useRef(save);
  useEffect(() => {
    latest.current = save;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "s" || !(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey)
        return;
      event.preventDefault();
      latest.current();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}

function useErrorToast(error: Error | null): void {
  useEffect(() => {
    if (error) toastError("The draft could not be saved", error);
  }, [error]);
}
