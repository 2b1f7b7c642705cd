/** One row of a list at its side, so that the list stays in sight. */
import { Maximize2, X } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";

import { Button } from "@/components/ui/button";
import { buttonStyles } from "@/components/ui/button-styles";
import { cn } from "@/components/ui/cn";
import { CopyButton } from "@/components/ui/copy-button";

type SidePanelProps = {
  /** What it shows: "Run". */
  label: string;
  id: string;
  /** The id as the heading has it. */
  shortId: string;
  status?: ReactNode;
  actions?: ReactNode;
  /** Its own page. */
  href: string;
  onClose: () => void;
  /** Its width. */
  className: string;
  children: ReactNode;
};

/** Not modal: the list goes on working beside it. */
export function SidePanel({ label, id, shortId, status, actions, href, onClose, className, children }: SidePanelProps) {
  return (
    <aside
      aria-label={label}
      className={cn(
        "fixed top-12 right-0 bottom-0 z-10 flex flex-col overflow-y-auto border-l bg-canvas shadow-float animate-slide-left max-lg:hidden",
        className,
      )}
    >
      <header className="sticky top-0 z-10 flex items-center gap-2 border-b bg-canvas py-2 pr-3 pl-5">
        {status}
        <h2 className="font-mono text-xs font-medium">{shortId}</h2>
        <CopyButton text={id} label={`Copy ${label.toLowerCase()} id`} />
        <div className="ml-auto flex items-center gap-1">
          {actions}
          <Link href={href} aria-label="Open full page" className={buttonStyles({ variant: "ghost", size: "iconSm" })}>
            <Maximize2 aria-hidden />
          </Link>
          <Button variant="ghost" size="iconSm" aria-label="Close panel" onClick={onClose}>
            <X aria-hidden />
          </Button>
        </div>
      </header>
      <div className="flex flex-col gap-5 px-5 pt-4 pb-12">{children}</div>
    </aside>
  );
}
