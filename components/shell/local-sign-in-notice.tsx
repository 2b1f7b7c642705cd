/** Says on every page that people are signed in by the stand-in of this machine and not by WorkOS. */
import { PlugZap } from "lucide-react";

/** A thin line that stays at the bottom of the window; on a phone, where it would cover what little fits, at the end of the page. */
export function LocalSignInNotice() {
  return (
    <aside
      aria-label="Local sign-in"
      className="z-30 flex h-6 items-center justify-center gap-1.5 border-t bg-info-tint px-3 text-xs text-info-text sm:sticky sm:bottom-0"
    >
      <PlugZap className="size-3.5 shrink-0" aria-hidden />
      <p className="truncate">
        <strong className="font-semibold">Local sign-in</strong>
        <span className="max-sm:hidden">: a stand-in for WorkOS runs on this machine. Development only.</span>
        <span className="sm:hidden">: stand-in for WorkOS, development only</span>
      </p>
    </aside>
  );
}
