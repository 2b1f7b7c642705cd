/** Disabling, enabling and deleting an endpoint. */
"use client";

import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";

import { useEnvironment } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Dialog, DialogBody, DialogClose, DialogContent, DialogFooter } from "@/components/ui/dialog";
import { formatPlural } from "@/components/ui/format-number";
import { toastSuccess } from "@/components/ui/toast";
import { EnableEndpointDialog } from "@/components/webhooks/enable-endpoint-dialog";
import { SettingsSection } from "@/components/webhooks/settings-section";
import { useEndpointChanged } from "@/components/webhooks/use-endpoint-changed";
import type { PortalError } from "@/lib/http/portal-client";
import { deleteEndpoint, updateEndpoint } from "@/lib/webhooks/query-options";
import type { EndpointDto, PortalEndpointDto } from "@/lib/webhooks/schema";

/** A part of the settings. */
export function EndpointLife({ endpoint, refusal }: { endpoint: PortalEndpointDto; refusal: string | undefined }) {
  const [asking, setAsking] = useState<"disable" | "enable" | "delete" | null>(null);
  const close = () => setAsking(null);
  return (
    <SettingsSection
      id="endpoint-life"
      title="Disable or delete"
      note="A disabled endpoint gets nothing; what it misses is kept as failed and can be sent when it is enabled again. A deleted one does not come back."
    >
      <div className="flex flex-wrap gap-2">
        {endpoint.active ? (
          <Button disabledReason={refusal} onClick={() => setAsking("disable")}>
            Disable…
          </Button>
        ) : (
          <Button disabledReason={refusal} onClick={() => setAsking("enable")}>
            Enable…
          </Button>
        )}
        <Button variant="dangerGhost" disabledReason={refusal} onClick={() => setAsking("delete")}>
          Delete…
        </Button>
      </div>
      {asking === "disable" ? <DisableDialog endpoint={endpoint} onClose={close} /> : null}
      {asking === "enable" ? <EnableEndpointDialog endpoint={endpoint} onClose={close} /> : null}
      {asking === "delete" ? <DeleteDialog endpoint={endpoint} onClose={close} /> : null}
    </SettingsSection>
  );
}

/** What becomes of deliveries that wait: "3 pending deliveries will be canceled." */
function pendingWords({ health: { pending, pending_is_more: more } }: PortalEndpointDto, fate: string): string {
  if (pending === 0) return "No delivery is pending now.";
  const count = formatPlural(pending, "pending delivery", "pending deliveries");
  return `${more ? "More than " : ""}${count} will be ${fate}.`;
}

function DisableDialog({ endpoint, onClose }: { endpoint: PortalEndpointDto; onClose: () => void }) {
  const changed = useEndpointChanged();
  const disabling = useMutation<EndpointDto, PortalError>({
    mutationFn: () => updateEndpoint(endpoint, { active: false }),
    onSuccess: async () => {
      await changed();
      toastSuccess("Endpoint disabled");
      onClose();
    },
  });
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent title="Disable endpoint" description="Nothing more is sent to it until it is enabled again.">
        <DialogBody>
          <p className="font-mono text-xs break-all">{endpoint.url}</p>
          <p className="text-sm text-soft">
            {pendingWords(endpoint, "marked as failed")} Events that happen meanwhile are kept as failed too. Nothing is
            lost: enable it again, and recover them.
          </p>
          {disabling.error ? (
            <Callout tone="danger" live="alert">
              {disabling.error.message}
            </Callout>
          ) : null}
        </DialogBody>
        <DialogFooter>
          <DialogClose asChild>
            <Button size="lg">Keep it active</Button>
          </DialogClose>
          <Button variant="danger" size="lg" pending={disabling.isPending} onClick={() => disabling.mutate()}>
            Disable endpoint
          </Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}

function DeleteDialog({ endpoint, onClose }: { endpoint: PortalEndpointDto; onClose: () => void }) {
  const changed = useEndpointChanged();
  const router = useRouter();
  const { href } = useEnvironment();
  const host = new URL(endpoint.url).host;
  const deletion = useMutation<void, PortalError>({
    mutationFn: () => deleteEndpoint(endpoint),
    onSuccess: async () => {
      router.push(href("/webhooks"));
      await changed();
      toastSuccess("Endpoint deleted");
    },
  });
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title="Delete endpoint"
      confirmText={host}
      confirmLabel="Delete endpoint"
      pending={deletion.isPending}
      error={deletion.error?.message}
      onConfirm={() => deletion.mutate()}
    >
      <p className="font-mono text-xs break-all">{endpoint.url}</p>
      <p className="mt-2">
        {pendingWords(endpoint, "canceled")} Its secret dies, and no event is sent to it any more. Its deliveries stay
        readable under “Show deleted endpoints”. To stop it for a while, disable it instead.
      </p>
    </ConfirmDialog>
  );
}
