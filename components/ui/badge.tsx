/** A word in a box: environment, status, scope. Colour never speaks alone; the word is always there. */
import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";

import { cn } from "@/components/ui/cn";

const badgeStyles = cva(
  "inline-flex h-5 max-w-full items-center align-middle gap-1 rounded-sm border px-1.5 text-xs font-medium whitespace-nowrap [&_svg]:size-3 [&_svg]:shrink-0",
  {
    variants: {
      tone: {
        neutral: "border-line bg-sunken text-soft",
        success: "border-success-line bg-success-tint text-success-text",
        warning: "border-warning-line bg-warning-tint text-warning-text",
        danger: "border-danger-line bg-danger-tint text-danger-text",
        info: "border-info-line bg-info-tint text-info-text",
        violet: "border-violet-line bg-violet-tint text-violet-text",
        accent: "border-accent-line bg-accent-tint text-accent-text",
      },
    },
    defaultVariants: { tone: "neutral" },
  },
);

/** A small bordered label. */
export function Badge({ tone, className, ...props }: ComponentProps<"span"> & VariantProps<typeof badgeStyles>) {
  return <span className={cn(badgeStyles({ tone }), className)} {...props} />;
}
