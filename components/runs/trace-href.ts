/** Links to the trace of a run. */
"use client";

import { useEnvironment } from "@/components/shell/use-environment";

/** The page of the trace, at an offering, at a node. */
export type TraceHref = (place: { offering?: string; node?: string }) => string;

/** Links within the environment that is shown. */
export function useTraceHref(runId: string): TraceHref {
  const { href } = useEnvironment();
  return (place) => href(`/runs/${runId}`, { tab: "trace", ...place });
}
