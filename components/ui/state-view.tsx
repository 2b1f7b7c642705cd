/** What stands where data would: nothing yet, an error, not found. One sentence, one action. */
import { CircleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

import { cn } from "@/components/ui/cn";

/** A centred block: icon, title, a sentence, actions, and what helps below. */
export function StateView({
  icon: Icon,
  title,
  children,
  actions,
  footer,
  className,
  role,
  heading: Heading = "h2",
}: {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  footer?: ReactNode;
  className?: string;
  role?: "alert";
  /** `h1` where this is the whole page. */
  heading?: "h1" | "h2";
}) {
  return (
    <div role={role} className={cn("flex flex-col items-center px-4 py-16 text-center", className)}>
      <span className="mb-4 flex size-10 items-center justify-center rounded-lg border border-line bg-sunken text-icon">
        <Icon className="size-5" aria-hidden />
      </span>
      <Heading className="text-base font-semibold">{title}</Heading>
      {children ? <div className="mt-1 max-w-md text-sm text-balance text-muted">{children}</div> : null}
      {actions ? <div className="mt-4 flex flex-wrap justify-center gap-2">{actions}</div> : null}
      {footer ? <div className="mt-6 w-full max-w-lg min-w-0 text-left">{footer}</div> : null}
    </div>
  );
}

/** What went wrong, the request id to quote, and a way to try again. */
export function ErrorView({
  title,
  message,
  requestId,
  actions,
}: {
  title: string;
  message: string;
  requestId?: string | undefined;
  actions?: ReactNode;
}) {
  return (
    <StateView icon={CircleAlert} title={title} actions={actions} role="alert">
      <p>{message}</p>
      {requestId ? (
        <p className="mt-1">
          Request id <code className="font-mono text-xs text-soft select-all">{requestId}</code>
        </p>
      ) : null}
    </StateView>
  );
}
