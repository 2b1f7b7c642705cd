/** Says that the URL named an environment that does not exist, and that live is shown instead: never silently another one. */
"use client";

import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { useSession } from "@/components/shell/session-context";
import { useEnvironment } from "@/components/shell/use-environment";

/** Nothing while the URL is good. */
export function EnvironmentNotice() {
  const { unknownSlug, select } = useEnvironment();
  const { organization } = useSession();
  if (unknownSlug === null) return null;
  return (
    <Callout tone="warning" live="alert" className="mb-4 items-start">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="min-w-0">
          {organization.name} has no environment{" "}
          <code className="font-mono text-xs break-all">{unknownSlug.slice(0, 64)}</code>. This page shows{" "}
          <strong className="font-semibold">Live</strong>.
        </p>
        <Button size="sm" variant="ghost" className="text-warning-text" onClick={() => select("live")}>
          Dismiss
        </Button>
      </div>
    </Callout>
  );
}

/** A 2 px amber line along the top while a non-live environment is shown. */
export function EnvironmentLine() {
  const { kind } = useEnvironment();
  if (kind !== "environment" && kind !== "test") return null;
  return <div data-environment-line aria-hidden className="fixed inset-x-0 top-0 z-30 h-0.5 bg-warning-solid" />;
}
