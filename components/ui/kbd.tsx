/** A key cap. */
import type { ReactNode } from "react";

/** Shows one key; decoration only, the shortcut itself is announced by aria-keyshortcuts on its control. */
export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd
      aria-hidden
      className="inline-flex h-5 min-w-5 items-center justify-center rounded-sm border border-line bg-sunken px-1 font-sans text-xs text-muted"
    >
      {children}
    </kbd>
  );
}
