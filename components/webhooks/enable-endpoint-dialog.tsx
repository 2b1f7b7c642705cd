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
import { RETRY_DELAYS_MS } from "@/lib/webhooks/retry-delay";
import type { EndpointDto } from "@/lib/webhooks/schema";

/** How long a delivery waits for its last attempt at most, where its receiver does not ask for more. */
const LONGEST_WAIT_MS = 1.2 * RETRY_DELAYS_MS.reduce((sum, delayMs) => sum + delayMs, 0);

/** From when on deliveries are recovered: those too that were waiting when it was disabled had been made before. */
function recoverySince({ failing_since: failing, disabled_at: disabled }: EndpointDto): string | undefined {
  const at = failing ?? disabled;
  return at === undefined ? undefined : new Date(Date.parse(at) - LONGEST_WAIT_MS).toISOString();
}

/** Open while it is mounted. */
export function EnableEndpointDialog({ endpoint, onClose }: { endpoint: EndpointDto; onClose: () => void }) {
  const changed = useEndpointChanged();
  const since = recoverySince(endpoint);
  const [recovers, setRecovers] = useState(true);
  const enabling = useMutation<EndpointDto, PortalError>({
    mutationFn: () => updateEndpoint(endpoint, { active: true }),
    onSuccess: async () => {
      const recovered =
        recovers && since !== undefined
          ? await recoverEndpoint(endpoint, { since }).catch((error: unknown) => {
              toastError("It is enabled, but what it has missed could not be sent again", error);
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
              label="Also send again what it has missed"
              hint={`Failed deliveries that were made since ${formatExact(since)}: those that were waiting when it was disabled, and those that came meanwhile`}
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
