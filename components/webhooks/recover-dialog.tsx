/** Sends everything again that has failed since a time. */
"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { RadioCards } from "@/components/ui/checkbox";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { DialogForm } from "@/components/ui/dialog-form";
import { Field } from "@/components/ui/field";
import { formatPlural } from "@/components/ui/format-number";
import { Input } from "@/components/ui/input";
import { toastSuccess } from "@/components/ui/toast";
import { useEndpointChanged } from "@/components/webhooks/use-endpoint-changed";
import type { PortalError } from "@/lib/http/portal-client";
import { DAY_MS, HOUR_MS } from "@/lib/time";
import { recoverEndpoint } from "@/lib/webhooks/query-options";
import type { EndpointDto, Recovering } from "@/lib/webhooks/schema";

const RANGES = [
  { value: "1h", label: "In the last hour", ms: HOUR_MS },
  { value: "24h", label: "In the last 24 hours", ms: DAY_MS },
  { value: "7d", label: "In the last 7 days", ms: 7 * DAY_MS },
  { value: "own", label: "Since a time", ms: 0 },
] as const;

type Range = (typeof RANGES)[number]["value"];

/** The ISO time that a choice means now; undefined while a time of one's own is none. Typed times are UTC, as everything that is shown. */
function sinceOf(range: Range, own: string): string | undefined {
  if (range !== "own") return new Date(Date.now() - RANGES.find(({ value }) => value === range)!.ms).toISOString();
  const at = Date.parse(`${own}Z`);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

/** Open while it is mounted. */
export function RecoverDialog({ endpoint, onClose }: { endpoint: EndpointDto; onClose: () => void }) {
  const changed = useEndpointChanged();
  const [range, setRange] = useState<Range>("24h");
  const [own, setOwn] = useState("");
  const recovery = useMutation<Recovering, PortalError, string>({
    mutationFn: (since) => recoverEndpoint(endpoint, { since }),
    onSuccess: async ({ recovering }) => {
      await changed();
      if (recovering === 0) toastSuccess("Nothing to recover", "No delivery that was made since then has failed.");
      else toastSuccess(`Sending ${formatPlural(recovering, "failed delivery", "failed deliveries")} again`);
      onClose();
    },
  });
  const reason = range === "own" && sinceOf(range, own) === undefined ? "Choose a time first" : undefined;
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title="Recover failed deliveries"
        description="Sends every delivery again that has failed, with the whole schedule of retries before it."
      >
        <DialogForm
          action="Recover"
          disabledReason={reason}
          pending={recovery.isPending}
          refusal={recovery.error?.message}
          onSubmit={() => recovery.mutate(sinceOf(range, own)!)}
        >
          <RadioCards
            label="Failed deliveries that were made"
            value={range}
            onChange={setRange}
            options={RANGES}
            className="sm:grid-cols-2"
          />
          {range === "own" ? (
            <Field label="Since" hint="In UTC">
              {(control) => (
                <Input
                  {...control}
                  type="datetime-local"
                  value={own}
                  onChange={(event) => setOwn(event.target.value)}
                />
              )}
            </Field>
          ) : null}
          <p className="text-sm text-muted">
            Bodies and event ids stay the same, so that a receiver which keeps them takes nothing twice.
          </p>
        </DialogForm>
      </DialogContent>
    </Dialog>
  );
}
