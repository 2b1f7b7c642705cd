/** A labelled form control with its hint and its error, tied together for assistive technology. */
"use client";

import { CircleAlert } from "lucide-react";
import { type ReactNode, useId } from "react";

import { cn } from "@/components/ui/cn";

/** What a control must spread to be tied to its label, hint and error. */
export type FieldControl = {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
};

type FieldProps = {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  optional?: boolean;
  className?: string;
  children: (control: FieldControl) => ReactNode;
};

/** Renders label, control, hint or error; the error replaces the hint. */
export function Field({ label, hint, error, optional = false, className, children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const control: FieldControl = {
    id,
    "aria-describedby": error || hint ? noteId : undefined,
    "aria-invalid": error ? true : undefined,
  };
  return (
    <div className={cn("flex flex-col gap-1.5", className)}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
        {optional ? <span className="ml-1.5 font-normal text-muted">optional</span> : null}
      </label>
      {children(control)}
      <div id={noteId} aria-live="polite" className={cn(!error && !hint && "hidden")}>
        {error ? <FieldError>{error}</FieldError> : <p className="text-xs text-muted">{hint}</p>}
      </div>
    </div>
  );
}

/** An error line under a control. */
export function FieldError({ children }: { children: ReactNode }) {
  return (
    <p className="flex items-start gap-1.5 text-xs text-danger-text">
      <CircleAlert className="mt-px size-3.5 shrink-0" aria-hidden />
      <span>{children}</span>
    </p>
  );
}
