/** An endpoint's new signing secret, in the one moment in which it can be seen. */
"use client";

import { formatExact } from "@/components/ui/format-time";
import { ShownOnce, StoreDialog } from "@/components/ui/shown-once";

type StoreSecretDialogProps = {
  secret: string;
  /** Until when the one before signs beside it, where there was one. */
  oldExpiresAt?: string | null;
  onStored: () => void;
};

/** Locked until it is stored. */
export function StoreSecretDialog({ secret, oldExpiresAt, onStored }: StoreSecretDialogProps) {
  return (
    <StoreDialog title="Store the signing secret">
      <ShownOnce secret={secret} noun="secret" warning="This is the only time the secret is shown." onStored={onStored}>
        {oldExpiresAt === undefined ? null : (
          <p className="text-sm">
            {oldExpiresAt === null
              ? "The old secret signs nothing any more."
              : `The old secret signs beside it until ${formatExact(oldExpiresAt)}.`}
          </p>
        )}
        <p className="text-sm text-muted">
          Your receiver verifies with it that an event comes from here. Any library for Standard Webhooks takes it as it
          is; the endpoint's page has the code under “Verify signatures”.
        </p>
      </ShownOnce>
    </StoreDialog>
  );
}
