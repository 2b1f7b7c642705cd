/** The frame of pages outside the portal: no organization, not found, errors. */
import type { ReactNode } from "react";

import { BrandMark } from "@/components/shell/brand-mark";

/** The mark above a centred column. */
export function PublicFrame({ children }: { children: ReactNode }) {
  return (
    <div className="flex flex-1 flex-col">
      <header className="flex h-14 items-center gap-2.5 px-6 max-sm:px-4">
        <BrandMark />
        <span className="text-sm font-semibold">Nexio</span>
      </header>
      <main className="flex flex-1 flex-col items-center justify-center px-4 pb-24">{children}</main>
    </div>
  );
}
