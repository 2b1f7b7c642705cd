/** Why a run failed, in words: what happened, where, and what usually helps. */
import Link from "next/link";

import { nodeOf } from "@/components/runs/result-shapes";
import type { TraceHref } from "@/components/runs/trace-href";
import { RunStatusIcon } from "@/components/runs/run-status";
import type { RunDetailDto } from "@/lib/runs/schema";

type RunFailure = NonNullable<RunDetailDto["error"]>;

/** What usually helps, by the error's code. */
const ADVICE: Record<string, string> = {
  engine_error: "Check the input against what the engine expects, or the engine's graph at the place named here.",
  engine_timeout: "Look for a loop in the engine's functions, or raise the engine's timeout.",
  engine_crashed: "The run was tried several times. Look for functions that need very much memory or never end.",
  engine_memory: "Send fewer offerings in one run, or look for tables and functions that grow without limit.",
  engine_output_too_large: "Let the engine answer less, or send fewer offerings in one run.",
  engine_unreachable: "Check that the engine's service is up and can be reached from here at the URL of this version.",
  engine_http_status: "The engine's service must answer 200 with the output, or 202. Its own log says why it did not.",
  engine_invalid_response: "The engine's service must answer 200 with a JSON object.",
  engine_reported_error: "The engine's service says this itself. Check the input, or the service's own log.",
  engine_callback_expired: "Look for the callback in the service's log, or raise the deadline in the engine's editor.",
  url_not_allowed: "A service must stand at a public address. The operator can allow ranges of others.",
};

const PLACES: readonly [field: string, label: string][] = [
  ["node_name", "Node"],
  ["node_id", "Node id"],
  ["offering_id", "Offering"],
  ["path", "At"],
  ["response", "Response"],
];

/** The places that the error's details name. */
function placesOf(details: unknown): [label: string, value: string][] {
  if (typeof details !== "object" || details === null) return [];
  const fields = new Map<string, unknown>(Object.entries(details));
  return PLACES.flatMap(([field, label]) => {
    const value = fields.get(field);
    return typeof value === "string" ? [[label, value] as [string, string]] : [];
  });
}

/** A red-edged box. */
export function RunErrorView({ error, traceHref }: { error: RunFailure; traceHref?: TraceHref | undefined }) {
  const places = placesOf(error.details);
  const advice = ADVICE[error.code];
  const node = nodeOf(error.details);
  const offeringId = places.find(([label]) => label === "Offering")?.[1];
  const offering = offeringId === undefined ? {} : { offering: offeringId };
  return (
    <section aria-label="Error" className="overflow-hidden rounded-lg border border-danger-line">
      <header className="flex items-center gap-2 border-b border-danger-line bg-danger-tint px-4 py-2.5">
        <RunStatusIcon status="FAILED" />
        <code className="font-mono text-xs font-medium text-danger-text">{error.code}</code>
      </header>
      <div className="flex flex-col gap-3 px-4 py-3">
        <p className="text-sm break-words">{error.message}</p>
        {places.length > 0 ? (
          <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
            {places.map(([label, value]) => (
              <div key={label} className="contents">
                <dt className="text-muted">{label}</dt>
                <dd className="min-w-0 font-mono text-xs leading-5 break-all">{value}</dd>
              </div>
            ))}
          </dl>
        ) : null}
        {node && traceHref ? (
          <p>
            <Link href={traceHref({ node: node.id, ...offering })} className="text-sm text-accent-text hover:underline">
              Show the node in the trace
            </Link>
          </p>
        ) : null}
        {advice ? <p className="text-sm text-muted">{advice}</p> : null}
      </div>
    </section>
  );
}
