/** Replaces a key: a new one at once, the old one alive for as long as its callers need to change over. */
"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { MintedKeyView } from "@/components/api-keys/minted-key";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { RadioCards } from "@/components/ui/checkbox";
import { Dialog, DialogBody, DialogClose, DialogContent, DialogFooter } from "@/components/ui/dialog";
import { formatExact } from "@/components/ui/format-time";
import { rotateApiKey } from "@/lib/api-keys/query-options";
import type { RotationGrace } from "@/lib/api-keys/rotation";
import type { ApiKeyDto, MintedKey } from "@/lib/api-keys/schema";
import type { PortalError } from "@/lib/http/portal-client";

const GRACES = [
  { value: "now", label: "Now", hint: "The next request with the old key is refused" },
  { value: "1h", label: "In 1 hour", hint: "Both keys work until then" },
  { value: "24h", label: "In 24 hours", hint: "Both keys work until then" },
  { value: "7d", label: "In 7 days", hint: "Both keys work until then" },
] as const satisfies readonly { value: RotationGrace; label: string; hint: string }[];

/** The dialog for one key; mount it per key, so that a second rotation starts afresh. */
export function RotateKeyDialog({ apiKey, onClose }: { apiKey: ApiKeyDto; onClose: () => void }) {
  const queryClient = useQueryClient();
  const [grace, setGrace] = useState<RotationGrace>("24h");
  const rotation = useMutation<MintedKey, PortalError>({
    mutationFn: () => rotateApiKey(apiKey, grace),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["api-keys"] }),
  });
  if (rotation.data) {
    return (
      <Dialog open>
        <DialogContent title="Store your new key" locked className="max-w-md">
          <MintedKeyView mintedKey={rotation.data.key} scopes={apiKey.scopes} onStored={onClose} />
        </DialogContent>
      </Dialog>
    );
  }
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title={`Rotate ${apiKey.name}`}
        description="Makes a new key with the same environment, scopes and expiry, and retires the old one."
      >
        <DialogBody>
          <RadioCards label="The old key stops working" value={grace} onChange={setGrace} options={GRACES} />
          {apiKey.expires_at ? (
            <p className="text-xs text-muted">Never later than its own expiry, {formatExact(apiKey.expires_at)}.</p>
          ) : null}
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
            Rotate key
          </Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}
