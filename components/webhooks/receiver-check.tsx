/** The tab "Receiver check": sends good and bad requests, and shows which of them the receiver took wrongly. */
"use client";

import { useMutation } from "@tanstack/react-query";
import { Circle, CircleCheck, CircleHelp, CircleX } from "lucide-react";
import type { ReactNode } from "react";

import { useRefusal } from "@/components/shell/use-environment";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { RelativeTime } from "@/components/ui/clock";
import { CopyButton } from "@/components/ui/copy-button";
import { formatDuration } from "@/components/ui/format-number";
import { errorWords } from "@/components/webhooks/delivery-words";
import { sendingProblem } from "@/components/webhooks/endpoint-actions";
import { useEndpoint } from "@/components/webhooks/endpoint-frame";
import type { PortalError } from "@/lib/http/portal-client";
import type { ReceiverCheck as CheckDto, ReceiverCheckName, ReceiverCheckRow } from "@/lib/webhooks/deliveries-schema";
import { checkReceiver } from "@/lib/webhooks/query-options";

const CHECKS: Record<ReceiverCheckName, { title: string; why: string }> = {
  valid_signature: { title: "Good signature", why: "A ping signed as every event is. It must be taken." },
  bad_signature: { title: "Bad signature", why: "Signed with a secret that is not yours: anybody could have sent it." },
  stale_timestamp: {
    title: "Old timestamp",
    why: "Rightly signed, but more than ten minutes ago: somebody may be sending again what they have overheard.",
  },
  duplicate_id: {
    title: "Same event twice",
    why: "Sent a second time with the same id, as every retry is. It must be taken once.",
  },
};

/** Below the endpoint's frame. */
export function ReceiverCheckView() {
  const endpoint = useEndpoint();
  const refusal = useRefusal("webhooks:manage");
  const check = useMutation<CheckDto, PortalError>({ mutationFn: () => checkReceiver(endpoint) });
  const names = Object.keys(CHECKS) as ReceiverCheckName[];
  return (
    <div className="flex max-w-xl flex-col gap-4">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <p className="min-w-0 flex-1 basis-80 text-sm text-muted">
          Sends four requests to this endpoint, one after another, some of which a careful receiver refuses. They are
          pings: nothing of a run is in them, and they are not listed as deliveries.
        </p>
        <Button
          variant="primary"
          pending={check.isPending}
          disabledReason={refusal ?? sendingProblem(endpoint)}
          onClick={() => check.mutate()}
        >
          {check.data ? "Check again" : "Check receiver"}
        </Button>
      </div>
      <div aria-live="polite" className="empty:hidden">
        {check.error ? <Callout tone="danger">{check.error.message}</Callout> : null}
        {check.data && !check.isPending ? <Verdict check={check.data} /> : null}
      </div>
      <ol aria-label="Checks" className="flex flex-col divide-y divide-hairline rounded-lg border">
        {names.map((name) => (
          <CheckItem
            key={name}
            name={name}
            row={check.isPending ? undefined : check.data?.checks.find((row) => row.check === name)}
          />
        ))}
      </ol>
    </div>
  );
}

function Verdict({ check: { passed, checks, checked_at: at } }: { check: CheckDto }) {
  const wrong = checks.filter((row) => row.passed === false).length;
  if (passed) {
    return (
      <p className="flex items-center gap-2 rounded-md border border-success-line bg-success-tint px-3 py-2 text-sm text-success-text">
        <CircleCheck className="size-4 shrink-0" aria-hidden />
        The receiver handled everything right. Checked <RelativeTime at={at} />.
      </p>
    );
  }
  return (
    <Callout tone={wrong > 0 ? "danger" : "warning"}>
      {wrong > 0
        ? `The receiver handled ${wrong === 1 ? "one request" : `${wrong} requests`} wrongly.`
        : "Some answers tell nothing."}{" "}
      Checked <RelativeTime at={at} />.
    </Callout>
  );
}

function CheckItem({ name, row }: { name: ReceiverCheckName; row: ReceiverCheckRow | undefined }) {
  const { title, why } = CHECKS[name];
  return (
    <li data-check={name} className="flex gap-3 px-4 py-3">
      <CheckIcon row={row} />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <h2 className="text-sm font-medium tracking-normal">{title}</h2>
          {row ? <Outcome row={row} /> : <span className="text-xs text-muted">not checked yet</span>}
        </div>
        <p className="text-sm text-muted">{row ? row.sent : why}</p>
        {row ? (
          <dl className="mt-2 flex flex-col gap-1 text-sm">
            <Line label="Expected">{row.expected}</Line>
            <Line label="Answered">
              {row.status_code === undefined ? (
                errorWords(row.error ?? "").short
              ) : (
                <span className="font-mono text-xs">{row.status_code}</span>
              )}
              {row.duration_ms === undefined ? null : (
                <span className="ml-2 font-mono text-xs text-muted">{formatDuration(row.duration_ms)}</span>
              )}
            </Line>
            {row.event_id ? (
              <Line label="webhook-id">
                <code className="font-mono text-xs break-all">{row.event_id}</code>
                <CopyButton text={row.event_id} label="Copy webhook-id" className="-my-1" />
              </Line>
            ) : null}
            <Line label={row.passed === true ? "Note" : "What to do"}>{row.advice}</Line>
          </dl>
        ) : null}
      </div>
    </li>
  );
}

function Line({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="grid gap-x-3 sm:grid-cols-[6rem_minmax(0,1fr)]">
      <dt className="text-muted">{label}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  );
}

function CheckIcon({ row }: { row: ReceiverCheckRow | undefined }) {
  const base = "mt-0.5 size-4 shrink-0";
  if (!row) return <Circle className={`${base} text-icon`} aria-hidden />;
  if (row.passed === null) return <CircleHelp className={`${base} text-warning-solid`} aria-hidden />;
  return row.passed ? (
    <CircleCheck className={`${base} text-success-solid`} aria-hidden />
  ) : (
    <CircleX className={`${base} text-danger-solid`} aria-hidden />
  );
}

function Outcome({ row: { passed } }: { row: ReceiverCheckRow }) {
  if (passed === null) return <Badge tone="warning">Tells nothing</Badge>;
  return passed ? <Badge tone="success">Passed</Badge> : <Badge tone="danger">Failed</Badge>;
}
