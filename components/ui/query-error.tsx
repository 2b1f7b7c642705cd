/** A read that failed: what happened, the request id, and another try. */
"use client";

import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/state-view";
import { PortalError } from "@/lib/http/portal-client";

type FailedQuery = { error: Error; refetch: () => unknown; isFetching: boolean };

/** Stands where the data would. */
export function QueryErrorView({ title, query }: { title: string; query: FailedQuery }) {
  const requestId = query.error instanceof PortalError ? query.error.requestId : undefined;
  return (
    <ErrorView
      title={title}
      message={query.error.message}
      requestId={requestId}
      actions={
        <Button onClick={() => query.refetch()} pending={query.isFetching}>
          Try again
        </Button>
      }
    />
  );
}
