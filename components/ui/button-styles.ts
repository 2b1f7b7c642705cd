/** What buttons look like; apart from the button itself, so that server components can use it for links. */
import { cva } from "class-variance-authority";

/** Class names of a button; use them on a link that acts as one. */
export const buttonStyles = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border text-sm font-medium whitespace-nowrap transition-colors select-none aria-disabled:cursor-not-allowed [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        primary:
          "border-transparent bg-accent text-accent-ink hover:bg-accent-strong aria-disabled:bg-selected aria-disabled:text-muted",
        secondary:
          "border-line-strong bg-canvas text-ink hover:bg-hover aria-disabled:border-line aria-disabled:bg-transparent aria-disabled:text-muted data-[state=open]:bg-hover",
        ghost:
          "border-transparent text-soft hover:bg-hover hover:text-ink aria-disabled:bg-transparent aria-disabled:text-muted data-[state=open]:bg-hover",
        danger:
          "border-transparent bg-danger-strong text-accent-ink hover:brightness-92 aria-disabled:bg-selected aria-disabled:text-muted aria-disabled:brightness-100",
        dangerGhost:
          "border-transparent text-danger-text hover:bg-danger-tint aria-disabled:bg-transparent aria-disabled:text-muted",
      },
      size: {
        sm: "h-7 px-2 text-xs [&_svg]:size-3.5",
        md: "h-8 px-3",
        lg: "h-9 px-3.5",
        icon: "size-8",
        iconSm: "size-7 [&_svg]:size-3.5",
      },
    },
    defaultVariants: { variant: "secondary", size: "md" },
  },
);
