/** A page that could not be rendered. The server keeps the details; the reader gets what to quote and another try. */
"use client";

import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/state-view";

export type PageErrorProps = { error: Error & { digest?: string }; retry: () => void };

/** `digest` is Next's id of the error in the server's log. */
export function PageError({ error, retry }: PageErrorProps) {
  return (
    <ErrorView
      title="This page could not be shown"
      message="Something failed on the way. Nothing was changed by it."
      requestId={error.digest}
      actions={
        <Button variant="primary" onClick={retry}>
          Try again
        </Button>
      }
    />
  );
}
