/** The signing secret of an endpoint: what it is for, and its replacement. */
"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { useNow } from "@/components/ui/clock";
import { formatExact, formatRelative } from "@/components/ui/format-time";
import { RotateDialog } from "@/components/ui/rotate-dialog";
import { SettingsSection } from "@/components/webhooks/settings-section";
import { StoreSecretDialog } from "@/components/webhooks/store-secret-dialog";
import { useEndpointChanged } from "@/components/webhooks/use-endpoint-changed";
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
      <OldSecrets secrets={endpoint.old_secrets ?? []} />
      {rotating ? <RotateEndpointSecretDialog endpoint={endpoint} onClose={() => setRotating(false)} /> : null}
    </SettingsSection>
  );
}

/** Until when each old secret signs; nothing where none does. */
function OldSecrets({ secrets }: { secrets: NonNullable<EndpointDto["old_secrets"]> }) {
  const now = useNow();
  const valid = secrets.filter(({ expires_at: end }) => Date.parse(end) > now);
  if (valid.length === 0) return null;
  return (
    <div className="text-sm text-soft">
      <p>
        {valid.length === 1 ? "One old secret still signs" : `${valid.length} old secrets still sign`} beside it. To end
        {valid.length === 1 ? " it" : " them"} at once, rotate with “Now”.
      </p>
      <ul aria-label="Old secrets" className="mt-1.5 flex flex-col gap-1 text-xs text-muted">
        {valid.map(({ created_at: made, expires_at: end }) => (
          <li key={made}>
            Made {formatExact(made)}, signs until <span className="text-soft">{formatExact(end)}</span> (
            {formatRelative(end, now)})
          </li>
        ))}
      </ul>
    </div>
  );
}

function RotateEndpointSecretDialog({ endpoint, onClose }: { endpoint: EndpointDto; onClose: () => void }) {
  const changed = useEndpointChanged();
  const rotation = useMutation<RotatedEndpointSecret, PortalError, KeepOld>({
    mutationFn: (keepOld) => rotateEndpointSecret(endpoint, keepOld),
    onSuccess: () => void changed(),
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
