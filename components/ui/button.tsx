/**
 * Buttons.
 *
 * A button that may not be used stays focusable (aria-disabled) and says why: on hover, on focus, and when it is pressed.
 */
"use client";

import type { VariantProps } from "class-variance-authority";
import { LoaderCircle } from "lucide-react";
import { type ComponentProps, type MouseEvent, type PointerEvent, useId, useState } from "react";

import { buttonStyles } from "@/components/ui/button-styles";
import { cn } from "@/components/ui/cn";
import { Tooltip } from "@/components/ui/tooltip";

export type ButtonProps = ComponentProps<"button"> &
  VariantProps<typeof buttonStyles> & {
    /** Why the button cannot be used now; setting it disables the button. */
    disabledReason?: string | undefined;
    /** Work is under way: shows a spinner and ignores presses. */
    pending?: boolean;
  };

/** A button; `type` is "button" unless said otherwise. */
export function Button({ disabledReason, ...props }: ButtonProps) {
  return disabledReason ? <RefusedButton reason={disabledReason} {...props} /> : <PlainButton {...props} />;
}

function PlainButton({
  variant,
  size,
  pending = false,
  className,
  children,
  onClick,
  type = "button",
  ...rest
}: Omit<ButtonProps, "disabledReason">) {
  const press = (event: MouseEvent<HTMLButtonElement>) => {
    if (pending) event.preventDefault();
    else onClick?.(event);
  };
  return (
    <button
      type={type}
      className={cn(buttonStyles({ variant, size }), className)}
      aria-busy={pending || undefined}
      {...rest}
      onClick={press}
    >
      {pending ? <LoaderCircle className="animate-spin" aria-hidden /> : null}
      {children}
    </button>
  );
}

function RefusedButton({
  reason,
  variant,
  size,
  className,
  children,
  type = "button",
  pending: _pending,
  onClick: _onClick,
  ...rest
}: Omit<ButtonProps, "disabledReason"> & { reason: string }) {
  const [open, setOpen] = useState(false);
  const reasonId = useId();
  const explain = (event: MouseEvent | PointerEvent) => {
    event.preventDefault();
    setOpen(true);
  };
  return (
    <Tooltip content={reason} open={open} onOpenChange={setOpen}>
      <button
        type={type}
        className={cn(buttonStyles({ variant, size }), className)}
        {...rest}
        aria-disabled
        aria-describedby={reasonId}
        onPointerDown={explain}
        onClick={explain}
      >
        {children}
        <span id={reasonId} hidden>
          {reason}
        </span>
      </button>
    </Tooltip>
  );
}
