/** The trace of a run, and what of it is shown: which offering, which node. Both stand in the URL. */
"use client";

import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { parseAsString, useQueryStates } from "nuqs";

import type { RunTraceAnswer, TraceEvaluation, TraceNode } from "@/lib/engines/trace-schema";
import { runTraceQuery } from "@/lib/runs/query-options";
import type { RunDetailDto } from "@/lib/runs/schema";
import { isTerminal } from "@/lib/runs/transitions";

export type ShownTrace = {
  /** The query of what is shown. */
  query: UseQueryResult<RunTraceAnswer>;
  /** The whole trace, of all offerings that fit into it. */
  whole: RunTraceAnswer | undefined;
  offeringId: string | undefined;
  evaluation: TraceEvaluation | undefined;
  node: TraceNode | undefined;
  showOffering: (id: string) => void;
  showNode: (id: string | null) => void;
};

const PARAMS = { offering: parseAsString, node: parseAsString };

/** Nothing is read before the run has ended. Without a choice the first evaluation is shown, which is the one that failed where one did. */
export function useRunTrace(run: RunDetailDto): ShownTrace {
  const [{ offering, node }, setShown] = useQueryStates(PARAMS);
  const whole = useQuery({ ...runTraceQuery(run.run_id), enabled: isTerminal(run.status) });
  const evaluations = whole.data?.trace?.evaluations ?? [];
  const isThere = offering === null || evaluations.some(({ offering_id: id }) => id === offering);
  // Left out of the whole, which would have been too large: it is asked for by itself.
  const single = useQuery({
    ...runTraceQuery(run.run_id, offering ?? undefined),
    enabled: whole.data?.trace !== undefined && whole.data.trace !== null && !isThere,
  });
  const query = whole.data?.trace && !isThere ? single : whole;
  const shown = isThere ? evaluations : (single.data?.trace?.evaluations ?? []);
  const evaluation = shown.find(({ offering_id: id }) => offering === null || id === offering);
  return {
    query,
    whole: whole.data,
    offeringId: offering ?? evaluation?.offering_id,
    evaluation,
    node: evaluation?.nodes.find(({ node_id: id }) => id === node),
    // The same node of the next offering: what is looked at is compared.
    showOffering: (id) => void setShown({ offering: id }),
    showNode: (id) => void setShown({ node: id }),
  };
}
