/** Asks before the page of an engine is left with unsaved changes: on links in the portal by a dialog, on closing the tab by the browser. */
"use client";

import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";

import { useEngineDraft } from "@/components/engines/engine-draft";
import { useRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@/components/ui/dialog";

/** Renders nothing until somebody leaves. */
export function LeaveGuard() {
  const draft = useEngineDraft();
  const refusal = useRefusal("engines:manage");
  const router = useRouter();
  const [target, setTarget] = useState<string | null>(null);
  useWarning(draft.dirty, `/engines/${draft.engine.slug}`, setTarget);
  const leave = () => {
    setTarget(null);
    if (target !== null) router.push(target);
  };
  const cannotSave = refusal ?? (draft.content.ok ? undefined : draft.content.reason);
  return (
    <Dialog open={target !== null} onOpenChange={(open) => (open ? undefined : setTarget(null))}>
      <DialogContent title="Leave without saving?">
        <DialogBody>
          <p className="text-sm text-soft">
            The draft of {draft.engine.name} has changes that are not saved. Published versions are not affected.
          </p>
        </DialogBody>
        <DialogFooter>
          <Button size="lg" onClick={() => setTarget(null)}>
            Stay
          </Button>
          <Button
            size="lg"
            variant="dangerGhost"
            onClick={() => {
              draft.takeStored();
              leave();
            }}
          >
            Leave without saving
          </Button>
          <Button
            size="lg"
            variant="primary"
            pending={draft.saving}
            disabledReason={cannotSave}
            onClick={() => void draft.save().then((saved) => (saved ? leave() : setTarget(null)))}
          >
            Save and leave
          </Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}

/** While `active`: links that lead away from `home` are held and handed to `onLeave`; the browser asks before the page is closed. */
function useWarning(active: boolean, home: string, onLeave: (target: string) => void): void {
  useEffect(() => {
    if (!active) return;
    const unload = (event: BeforeUnloadEvent) => event.preventDefault();
    const click = (event: MouseEvent) => {
      const link = event.target instanceof Element ? event.target.closest("a") : null;
      const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
      if (!link || !isPlain || (link.target !== "" && link.target !== "_self")) return;
      const { origin, pathname, search } = new URL(link.href, location.href);
      if (origin !== location.origin || pathname === home || pathname.startsWith(`${home}/`)) return;
      event.preventDefault();
      event.stopPropagation();
      onLeave(pathname + search);
    };
    addEventListener("beforeunload", unload);
    // Before the router hears of it.
    document.addEventListener("click", click, { capture: true });
    return () => {
      removeEventListener("beforeunload", unload);
      document.removeEventListener("click", click, { capture: true });
    };
  }, [active, home, onLeave]);
}
