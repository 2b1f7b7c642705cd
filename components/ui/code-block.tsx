/** Text for machines: commands, keys, JSON. It scrolls inside its box; the page never scrolls sideways. */
import type { ReactNode } from "react";

import { cn } from "@/components/ui/cn";
import { CopyButton } from "@/components/ui/copy-button";

/** A block with a caption line and a copy button. `code` is what is copied, `children` (default: the same) what is shown. */
export function CodeBlock({
  code,
  label,
  children,
  className,
  wrap = false,
}: {
  code: string;
  label: string;
  children?: ReactNode;
  className?: string;
  wrap?: boolean;
}) {
  return (
    <figure className={cn("min-w-0 overflow-hidden rounded-md border bg-sunken", className)}>
      <figcaption className="flex h-8 items-center justify-between gap-2 border-b pr-1 pl-3 text-xs text-muted">
        {label}
        <CopyButton text={code} label={`Copy ${label.toLowerCase()}`} />
      </figcaption>
      <section
        // A box that scrolls must be reachable by keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        aria-label={label}
        className="max-h-120 overflow-auto -outline-offset-2"
      >
        <pre className={cn("px-3 py-2.5 font-mono text-xs leading-5", wrap && "break-all whitespace-pre-wrap")}>
          <code>{children ?? code}</code>
        </pre>
      </section>
    </figure>
  );
}
