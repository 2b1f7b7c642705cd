/** Trying the draft: the request as text, the last result, and which evaluation of it is drawn on the graph. */
"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import type { NodeTrace } from "@/components/decision-graph/decision-graph";
import type { DraftContent, EngineDraft } from "@/components/engines/engine-draft";
import { exampleFor, readExample, sampleRequest } from "@/components/engines/sample-input";
import { fromRequest, fromValues, toRequest, type TriedInput } from "@/components/engines/tried-input";
import { readJson } from "@/components/json-editor/json-text";
import { tryEngine } from "@/lib/engines/query-options";
import type { TraceEvaluation } from "@/lib/engines/trace-schema";
import type { EngineTryResult } from "@/lib/engines/try-schema";
import type { EngineDto } from "@/lib/engines/schema";
import type { PortalError } from "@/lib/http/portal-client";

export type Attempt = {
  request: string;
  setRequest: (text: string) => void;
  /** What the request holds; null while it is not `{input, offerings?}`. */
  value: TriedInput | null;
  /** Why it cannot be tried now, or undefined. */
  refusal: string | undefined;
  run: () => void;
  running: boolean;
  result: EngineTryResult | undefined;
  /** The draft has changed since the result. */
  outdated: boolean;
  error: PortalError | null;
  evaluation: TraceEvaluation | undefined;
  chooseEvaluation: (index: number) => void;
  evaluationIndex: number;
  /** The path of that evaluation, for the graph; undefined where there is none to draw. */
  trace: ReadonlyMap<string, NodeTrace> | undefined;
  /** Takes the result off the graph. */
  clear: () => void;
};

type ReadRequest = { value: TriedInput; input: unknown; offerings?: unknown[] };

function readRequest(text: string): ReadRequest | { refusal: string } {
  const read = readJson(text);
  if (!read.ok) return { refusal: "The request is not JSON yet" };
  const request = read.value;
  if (typeof request !== "object" || request === null || Array.isArray(request) || !("input" in request)) {
    return { refusal: 'A request is an object with "input"' };
  }
  const unknown = Object.keys(request).find((name) => name !== "input" && name !== "offerings");
  if (unknown !== undefined) return { refusal: `A try takes input and offerings, not ${unknown}` };
  const { input, offerings } = request as { input: unknown; offerings?: unknown };
  if (offerings !== undefined && !Array.isArray(offerings)) return { refusal: "Offerings are a list" };
  const value = fromRequest(text);
  return offerings === undefined ? { value, input } : { value, input, offerings: offerings as unknown[] };
}

/** The text of the request: at first the one that an example engine comes with, else one by the schema of the input. */
function useRequest({ slug, type }: EngineDto, content: DraftContent): [string, (text: string) => void] {
  const [first] = useState(() => toRequest(fromValues(sampleRequest(type, content.ok ? content.config : null))));
  const [request, setRequest] = useState<string | null>(null);
  const { data: example } = useQuery({
    queryKey: ["example", slug],
    queryFn: ({ signal }) => readExample(slug, signal),
    enabled: slug === exampleFor(type),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return [request ?? (example ? toRequest(example) : first), setRequest];
}

/** Follows the draft; `onDone` is told of every result. */
export function useAttempt({ engine, content, text }: EngineDraft, onDone: (result: EngineTryResult) => void): Attempt {
  const [request, setRequest] = useRequest(engine, content);
  const [evaluationIndex, chooseEvaluation] = useState(0);
  const read = useMemo(() => readRequest(request), [request]);
  const attempt = useMutation<EngineTryResult, PortalError, { text: string }>({
    mutationFn: () => {
      if (!content.ok || !("value" in read)) throw new Error("there is nothing to try");
      const { input, offerings } = read;
      return tryEngine(engine.slug, {
        config: content.config,
        input: input ?? null,
        ...(offerings ? { offerings } : {}),
      });
    },
    onSuccess: (result) => {
      chooseEvaluation(0);
      onDone(result);
    },
  });
  const outdated = attempt.data !== undefined && attempt.variables.text !== text;
  const evaluation = attempt.data?.trace?.evaluations[evaluationIndex];
  const trace = useMemo(() => {
    if (!evaluation || outdated) return undefined;
    return new Map(evaluation.nodes.map(({ node_id, duration_us }) => [node_id, { duration_us }]));
  }, [evaluation, outdated]);
  const refusal = !content.ok ? content.reason : "refusal" in read ? read.refusal : undefined;
  return {
    request,
    setRequest,
    value: "value" in read ? read.value : null,
    refusal,
    run: () => {
      if (refusal === undefined && !attempt.isPending) attempt.mutate({ text });
    },
    running: attempt.isPending,
    result: attempt.data,
    outdated,
    error: attempt.error,
    evaluation,
    chooseEvaluation,
    evaluationIndex,
    trace,
    clear: attempt.reset,
  };
}
