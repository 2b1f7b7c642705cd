/** What must be noticed about an endpoint: that it is disabled and why, that it fails, that it recovers, that it was deleted. */
"use client";

import { useState } from "react";

import { useRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { RelativeTime, useNow } from "@/components/ui/clock";
import { formatCount, formatPlural } from "@/components/ui/format-number";
import { formatExact, formatRelative } from "@/components/ui/format-time";
import { ProgressBar } from "@/components/ui/progress-bar";
import { EnableEndpointDialog } from "@/components/webhooks/enable-endpoint-dialog";
import { FAILING_LIMIT_MS } from "@/lib/webhooks/retry-delay";
import type { EndpointDto } from "@/lib/webhooks/schema";

/** Nothing while all is well. */
export function EndpointBanners({ endpoint }: { endpoint: EndpointDto }) {
  if (endpoint.deleted_at) return <DeletedNotice at={endpoint.deleted_at} />;
  return (
    <>
      {endpoint.active ? <FailingNotice endpoint={endpoint} /> : <DisabledNotice endpoint={endpoint} />}
      {endpoint.recovery ? <RecoveryNotice recovery={endpoint.recovery} /> : null}
    </>
  );
}

const WHY = {
  by_hand: {
    why: "It was disabled by hand.",
    whatNext: "Events that happen meanwhile are kept as failed deliveries. Enable it, and send them again.",
  },
  gone: {
    why: "The receiver answered 410 Gone, which asks us to stop.",
    whatNext: "If that was not meant, mend the receiver first: another 410 disables the endpoint again.",
  },
  failing: {
    why: "Every attempt of five days had failed.",
    whatNext:
      "Look at its last deliveries, mend the receiver, then enable the endpoint and send what has failed again.",
  },
} as const;

function DisabledNotice({ endpoint }: { endpoint: EndpointDto }) {
  const refusal = useRefusal("webhooks:manage");
  const [enabling, setEnabling] = useState(false);
  const { why, whatNext } = WHY[endpoint.disabled_reason ?? "by_hand"];
  return (
    <Callout tone={endpoint.disabled_reason === "by_hand" ? "warning" : "danger"}>
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-80">
          <p>
            <strong className="font-semibold">Nothing is sent to this endpoint.</strong> {why}
            {endpoint.disabled_at ? (
              <>
                {" "}
                Disabled <RelativeTime at={endpoint.disabled_at} />.
              </>
            ) : null}
          </p>
          <p>{whatNext}</p>
        </div>
        <Button size="sm" disabledReason={refusal} onClick={() => setEnabling(true)}>
          Enable…
        </Button>
      </div>
      {enabling ? <EnableEndpointDialog endpoint={endpoint} onClose={() => setEnabling(false)} /> : null}
    </Callout>
  );
}

function FailingNotice({ endpoint: { failing_since: since } }: { endpoint: EndpointDto }) {
  const now = useNow();
  if (since === undefined) return null;
  const end = new Date(Date.parse(since) + FAILING_LIMIT_MS).toISOString();
  return (
    <Callout tone="warning">
      <strong className="font-semibold">Every attempt has failed</strong> since {formatExact(since)}. Unless one
      succeeds before, the endpoint is disabled <span title={formatExact(end)}>{formatRelative(end, now)}</span>. Its
      deliveries say what was wrong.
    </Callout>
  );
}

function RecoveryNotice({ recovery }: { recovery: NonNullable<EndpointDto["recovery"]> }) {
  return (
    <Callout tone="info" live="status">
      <p>
        Sending {formatPlural(recovery.matched, "delivery", "deliveries")} again that had failed since{" "}
        {formatExact(recovery.since)}: {formatCount(recovery.recovered)} are under way.
      </p>
      <ProgressBar
        label="Deliveries put back"
        value={recovery.recovered}
        max={recovery.matched}
        className="mt-1.5 max-w-md"
      />
    </Callout>
  );
}

function DeletedNotice({ at }: { at: string }) {
  return (
    <Callout tone="info">
      This endpoint was deleted <RelativeTime at={at} />. Its deliveries can be read for as long as they are kept;
      nothing is sent any more.
    </Callout>
  );
}
