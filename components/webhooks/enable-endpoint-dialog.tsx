/** Enables an endpoint again and, unless that is not wanted, sends what has failed meanwhile. */
"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { Checkbox } from "@/components/ui/checkbox";
import { Dialog, DialogBody, DialogClose, DialogContent, DialogFooter } from "@/components/ui/dialog";
import { formatPlural } from "@/components/ui/format-number";
import { formatExact } from "@/components/ui/format-time";
import { toastError, toastSuccess } from "@/components/ui/toast";
import { useEndpointChanged } from "@/components/webhooks/use-endpoint-changed";
import type { PortalError } from "@/lib/http/portal-client";
import { recoverEndpoint, updateEndpoint } from "@/lib/webhooks/query-options";
import type { EndpointDto } from "@/lib/webhooks/schema";

/** Open while it is mounted. */
export function EnableEndpointDialog({ endpoint, onClose }: { endpoint: EndpointDto; onClose: () => void }) {
  const changed = useEndpointChanged();
  const since = endpoint.failing_since ?? endpoint.disabled_at;
  const [recovers, setRecovers] = useState(true);
  const enabling = useMutation<EndpointDto, PortalError>({
    mutationFn: () => updateEndpoint(endpoint, { active: true }),
    onSuccess: async () => {
      const recovered =
        recovers && since !== undefined
          ? await recoverEndpoint(endpoint, { since }).catch((error: unknown) => {
              toastError("It is enabled, but what has failed could not be sent again", error);
              return null;
            })
          : null;
      await changed();
      if (recovered === null) toastSuccess("Endpoint enabled");
      else {
        const count = formatPlural(recovered.recovering, "failed delivery", "failed deliveries");
        toastSuccess("Endpoint enabled", recovered.recovering > 0 ? `${count} will be sent again.` : undefined);
      }
      onClose();
    },
  });
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent title="Enable endpoint" description="Events are sent to it from now on.">
        <DialogBody>
          <p className="font-mono text-xs break-all">{endpoint.url}</p>
          {since ? (
            <Checkbox
              checked={recovers}
              onChange={setRecovers}
              label="Also send again what has failed meanwhile"
              hint={`All failed deliveries since ${formatExact(since)}`}
            />
          ) : null}
          {enabling.error ? (
            <Callout tone="danger" live="alert">
              {enabling.error.message}
            </Callout>
          ) : null}
        </DialogBody>
        <DialogFooter>
          <DialogClose asChild>
            <Button size="lg">Cancel</Button>
          </DialogClose>
          <Button variant="primary" size="lg" pending={enabling.isPending} onClick={() => enabling.mutate()}>
            Enable endpoint
          </Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}
