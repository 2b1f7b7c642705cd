/** Replaces a key: a new one at once, the old one alive for as long as its callers need to change over. */
"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";

import { MintedKeyView } from "@/components/api-keys/minted-key";
import { formatExact } from "@/components/ui/format-time";
import { RotateDialog } from "@/components/ui/rotate-dialog";
import { StoreDialog } from "@/components/ui/shown-once";
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
  const rotation = useMutation<MintedKey, PortalError, RotationGrace>({
    mutationFn: (grace) => rotateApiKey(apiKey, grace),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["api-keys"] }),
    // It is in memory for as long as the dialog shows it.
    gcTime: 0,
  });
  if (rotation.data) {
    return (
      <StoreDialog title="Store your new key">
        <MintedKeyView mintedKey={rotation.data.key} scopes={apiKey.scopes} onStored={onClose} />
      </StoreDialog>
    );
  }
  return (
    <RotateDialog
      title={`Rotate ${apiKey.name}`}
      description="Makes a new key with the same environment, scopes and expiry, and retires the old one."
      label="The old key stops working"
      ends={GRACES}
      initial="24h"
      action="Rotate key"
      note={apiKey.expires_at ? `Never later than its own expiry, ${formatExact(apiKey.expires_at)}.` : undefined}
      pending={rotation.isPending}
      error={rotation.error}
      onRotate={rotation.mutate}
      onClose={onClose}
    />
  );
}
