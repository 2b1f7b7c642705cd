/** The signing secret of an engine that is a service: what it is for, its replacement, and the one moment in which it can be seen. */
"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { useEnvironment } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { RadioCards } from "@/components/ui/checkbox";
import { CopyButton } from "@/components/ui/copy-button";
import { Dialog, DialogBody, DialogClose, DialogContent, DialogFooter } from "@/components/ui/dialog";
import { rotateEngineSecret } from "@/lib/engines/http-query-options";
import type { EngineDto, RotatedSecret, RotateSecret } from "@/lib/engines/schema";
import type { PortalError } from "@/lib/http/portal-client";

/** The body of a locked dialog: the secret, to be copied now. */
export function SigningSecretView({ secret, onStored }: { secret: string; onStored: () => void }) {
  return (
    <>
      <DialogBody>
        <Callout tone="warning">This is the only time the secret is shown.</Callout>
        <div className="flex items-start gap-2 rounded-md border border-control bg-sunken p-3">
          <code data-signing-secret className="min-w-0 flex-1 font-mono text-sm break-all select-all">
            {secret}
          </code>
          <CopyButton text={secret} label="Copy secret" showLabel variant="secondary" />
        </div>
        <p className="text-sm text-muted">
          Your service verifies with it that a call comes from here. Any library for Standard Webhooks takes it as it
          is.
        </p>
      </DialogBody>
      <DialogFooter>
        <Button variant="primary" size="lg" onClick={onStored}>
          I have stored it
        </Button>
      </DialogFooter>
    </>
  );
}

/** Shows the secret of a new engine; locked until it is stored. */
export function NewSecretDialog({ secret, onStored }: { secret: string; onStored: () => void }) {
  return (
    <Dialog open>
      <DialogContent title="Store the signing secret" locked className="max-w-md">
        <SigningSecretView secret={secret} onStored={onStored} />
      </DialogContent>
    </Dialog>
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
  const [keepOld, setKeepOld] = useState<RotateSecret["keep_old"]>("24h");
  const rotation = useMutation<RotatedSecret, PortalError>({
    mutationFn: () => rotateEngineSecret(environment, engine.slug, { keep_old: keepOld }),
    // It is in memory for as long as the dialog shows it.
    gcTime: 0,
  });
  if (rotation.data) return <NewSecretDialog secret={rotation.data.secret} onStored={onClose} />;
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title={`Rotate the secret of ${engine.name}`}
        description="Makes a new secret, which signs from the next call on, and retires the old one."
      >
        <DialogBody>
          <RadioCards label="The old secret stops signing" value={keepOld} onChange={setKeepOld} options={CHOICES} />
          {rotation.error ? (
            <Callout tone="danger" live="alert">
              {rotation.error.message}
            </Callout>
          ) : null}
        </DialogBody>
        <DialogFooter>
          <DialogClose asChild>
            <Button size="lg">Cancel</Button>
          </DialogClose>
          <Button variant="primary" size="lg" pending={rotation.isPending} onClick={() => rotation.mutate()}>
            Rotate secret
          </Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}
