/** The signing secret of an engine that is a service: what it is for, its replacement, and the one moment in which it can be seen. */
"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { useEnvironment } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { RotateDialog } from "@/components/ui/rotate-dialog";
import { ShownOnce, StoreDialog } from "@/components/ui/shown-once";
import { rotateEngineSecret } from "@/lib/engines/http-query-options";
import type { EngineDto, RotatedSecret, RotateSecret } from "@/lib/engines/schema";
import type { PortalError } from "@/lib/http/portal-client";

/** Shows the secret of a new engine; locked until it is stored. */
export function NewSecretDialog({ secret, onStored }: { secret: string; onStored: () => void }) {
  return (
    <StoreDialog title="Store the signing secret">
      <ShownOnce secret={secret} noun="secret" warning="This is the only time the secret is shown." onStored={onStored}>
        <p className="text-sm text-muted">
          Your service verifies with it that a call comes from here. Any library for Standard Webhooks takes it as it
          is.
        </p>
      </ShownOnce>
    </StoreDialog>
  );
}

const CHOICES = [
  { value: "24h", label: "In 24 hours", hint: "Calls carry both signatures until then" },
  { value: "now", label: "Now", hint: "Calls carry the new signature only" },
] as const satisfies readonly { value: RotateSecret["keep_old"]; label: string; hint: string }[];

/** A section of the engine's settings. */
export function SigningSecret({ engine, refusal }: { engine: EngineDto; refusal: string | undefined }) {
  const [open, setOpen] = useState(false);
  return (
    <section aria-labelledby="signing-secret" className="flex flex-col gap-3">
      <div>
        <h2 id="signing-secret" className="text-sm font-semibold">
          Signing secret
        </h2>
        <p className="mt-0.5 text-sm text-muted">
          Every call is signed, so that the service knows whom it comes from. The secret was shown when the engine was
          created; whoever has lost it makes a new one.
        </p>
      </div>
      <div>
        <Button onClick={() => setOpen(true)} disabledReason={refusal}>
          Rotate secret…
        </Button>
      </div>
      {open ? <RotateSecretDialog engine={engine} onClose={() => setOpen(false)} /> : null}
    </section>
  );
}

function RotateSecretDialog({ engine, onClose }: { engine: EngineDto; onClose: () => void }) {
  const { slug: environment } = useEnvironment();
  const rotation = useMutation<RotatedSecret, PortalError, RotateSecret["keep_old"]>({
    mutationFn: (keepOld) => rotateEngineSecret(environment, engine.slug, { keep_old: keepOld }),
    // It is in memory for as long as the dialog shows it.
    gcTime: 0,
  });
  if (rotation.data) return <NewSecretDialog secret={rotation.data.secret} onStored={onClose} />;
  return (
    <RotateDialog
      title={`Rotate the secret of ${engine.name}`}
      description="Makes a new secret, which signs from the next call on, and retires the old one."
      label="The old secret stops signing"
      ends={CHOICES}
      initial="24h"
      action="Rotate secret"
      pending={rotation.isPending}
      error={rotation.error}
      onRotate={rotation.mutate}
      onClose={onClose}
    />
  );
}
