"use client";

import { PageError } from "@/components/shell/page-error";

/** Stands inside the frame: the rest of the portal goes on working. */
export default function PortalError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return <PageError error={error} retry={reset} />;
}
