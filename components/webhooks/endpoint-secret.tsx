/** The signing secret of an endpoint: what it is for, and its replacement. */
"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { RotateDialog } from "@/components/ui/rotate-dialog";
import { SettingsSection } from "@/components/webhooks/settings-section";
import { StoreSecretDialog } from "@/components/webhooks/store-secret-dialog";
import type { PortalError } from "@/lib/http/portal-client";
import { rotateEndpointSecret } from "@/lib/webhooks/query-options";
import type { EndpointDto, RotatedEndpointSecret, RotateEndpointSecret } from "@/lib/webhooks/schema";

type KeepOld = RotateEndpointSecret["keep_old"];

const ENDS = [
  { value: "24h", label: "In 24 hours", hint: "Requests carry both signatures until then" },
  { value: "now", label: "Now", hint: "Requests carry the new signature only, from the next one on" },
] as const satisfies readonly { value: KeepOld; label: string; hint: string }[];

/** A card of the settings. */
export function EndpointSecret({ endpoint, refusal }: { endpoint: EndpointDto; refusal: string | undefined }) {
  const [rotating, setRotating] = useState(false);
  return (
    <SettingsSection
      id="endpoint-secret"
      title="Signing secret"
      note="Every request is signed with it. It was shown when the endpoint was created; whoever has lost it makes a new one."
    >
      <div className="flex flex-wrap items-center gap-3">
        <code className="font-mono text-sm text-muted" aria-label="The secret is not shown">
          whsec_••••••••••••
        </code>
        <Button onClick={() => setRotating(true)} disabledReason={refusal}>
          Rotate secret…
        </Button>
      </div>
      {rotating ? <RotateEndpointSecretDialog endpoint={endpoint} onClose={() => setRotating(false)} /> : null}
    </SettingsSection>
  );
}

function RotateEndpointSecretDialog({ endpoint, onClose }: { endpoint: EndpointDto; onClose: () => void }) {
  const rotation = useMutation<RotatedEndpointSecret, PortalError, KeepOld>({
    mutationFn: (keepOld) => rotateEndpointSecret(endpoint, keepOld),
    // It is in memory for as long as the dialog shows it.
    gcTime: 0,
  });
  if (rotation.data) {
    const { secret, old_secret_expires_at: oldExpiresAt } = rotation.data;
    return <StoreSecretDialog secret={secret} oldExpiresAt={oldExpiresAt} onStored={onClose} />;
  }
  return (
    <RotateDialog
      title="Rotate the signing secret"
      description="Makes a new secret, which signs from the next request on, and retires the old one."
      label="The old secret stops signing"
      ends={ENDS}
      initial="24h"
      action="Rotate secret"
      note="A receiver that takes any of several signatures, as the libraries do, goes on without a gap."
      pending={rotation.isPending}
      error={rotation.error}
      onRotate={rotation.mutate}
      onClose={onClose}
    />
  );
}
