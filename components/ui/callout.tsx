/** A sentence that must be noticed, in the place it is about. */
import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

import { cn } from "@/components/ui/cn";

const TONES = {
  info: { icon: Info, className: "border-info-line bg-info-tint text-info-text" },
  warning: { icon: TriangleAlert, className: "border-warning-line bg-warning-tint text-warning-text" },
  danger: { icon: CircleAlert, className: "border-danger-line bg-danger-tint text-danger-text" },
} as const;

/** A tinted box with an icon; `live` announces it to assistive technology when it appears. */
export function Callout({
  tone,
  children,
  live,
  className,
}: {
  tone: keyof typeof TONES;
  children: ReactNode;
  live?: "status" | "alert";
  className?: string;
}) {
  const { icon: Icon, className: toneClass } = TONES[tone];
  return (
    <div role={live} className={cn("flex gap-2 rounded-md border px-3 py-2 text-sm", toneClass, className)}>
      <Icon className="mt-0.5 size-4 shrink-0" aria-hidden />
      <div className="min-w-0 flex-1">{children}</div>
    </div>
  );
}
