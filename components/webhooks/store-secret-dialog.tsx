/** An endpoint's new signing secret, in the one moment in which it can be seen. */
"use client";

import { ShownOnce, StoreDialog } from "@/components/ui/shown-once";

/** Locked until it is stored. */
export function StoreSecretDialog({ secret, onStored }: { secret: string; onStored: () => void }) {
  return (
    <StoreDialog title="Store the signing secret">
      <ShownOnce secret={secret} noun="secret" warning="This is the only time the secret is shown." onStored={onStored}>
        <p className="text-sm text-muted">
          Your receiver verifies with it that an event comes from here. Any library for Standard Webhooks takes it as it
          is; the endpoint's page has the code under “Verify signatures”.
        </p>
      </ShownOnce>
    </StoreDialog>
  );
}
