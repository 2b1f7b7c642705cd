"use client";

import { PageError } from "@/components/shell/page-error";
import { PublicFrame } from "@/components/shell/public-frame";

/** When not even the frame could be rendered, such as while sign-in cannot be asked. */
export default function RootError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <PublicFrame>
      <PageError error={error} retry={reset} />
    </PublicFrame>
  );
}
