/** Tables: 36 px rows, hairlines between them, numbers in tabular figures. They scroll inside their own box. */
import type { ComponentProps, ReactNode } from "react";

import { cn } from "@/components/ui/cn";

/** The scrolling box with its table; `label` names it for assistive technology. */
export function Table({ label, children, className }: { label: string; children: ReactNode; className?: string }) {
  return (
    <div className={cn("relative overflow-x-auto rounded-lg border", className)}>
      <table aria-label={label} className="w-full border-collapse text-sm">
        {children}
      </table>
    </div>
  );
}

/** A column heading; without children it is read as its `label` only. */
export function Th({ className, label, children, ...props }: ComponentProps<"th"> & { label?: string }) {
  return (
    <th
      scope="col"
      className={cn(
        "h-8 border-b bg-sunken px-3 text-left text-xs font-medium whitespace-nowrap text-muted",
        className,
      )}
      {...props}
    >
      {label ? <span className="sr-only">{label}</span> : children}
    </th>
  );
}

/** A cell on one line. */
export function Td({ className, ...props }: ComponentProps<"td">) {
  return <td className={cn("h-9 px-3 whitespace-nowrap", className)} {...props} />;
}
