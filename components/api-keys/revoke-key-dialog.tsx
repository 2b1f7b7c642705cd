/** Ends a key for good. */
"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";

import { RelativeTime } from "@/components/ui/clock";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { toastSuccess } from "@/components/ui/toast";
import { revokeApiKey } from "@/lib/api-keys/query-options";
import type { ApiKeyDto } from "@/lib/api-keys/schema";
import type { PortalError } from "@/lib/http/portal-client";

/** Says what dies and what stays, and asks for the key's name. */
export function RevokeKeyDialog({ apiKey, onClose }: { apiKey: ApiKeyDto; onClose: () => void }) {
  const queryClient = useQueryClient();
  const revocation = useMutation<void, PortalError>({
    mutationFn: () => revokeApiKey(apiKey),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["api-keys"] });
      toastSuccess(`Key ${apiKey.name} revoked`);
      onClose();
    },
  });
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={`Revoke ${apiKey.name}`}
      confirmText={apiKey.name}
      confirmLabel="Revoke key"
      pending={revocation.isPending}
      error={revocation.error?.message}
      onConfirm={() => revocation.mutate()}
    >
      <p>
        The very next request with <code className="font-mono text-xs">{apiKey.keyPrefix}…</code> is refused,
        everywhere. This cannot be undone. The runs that it has sent stay, and go on if they are under way.
      </p>
      <p className="mt-2">
        {apiKey.last_used_at ? (
          <>
            Last used <RelativeTime at={apiKey.last_used_at} />.
          </>
        ) : (
          "It has never been used."
        )}
      </p>
    </ConfirmDialog>
  );
}
