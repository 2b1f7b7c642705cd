/** What came of a try: the outcome, the whole output, and what the selected node was given and gave. */
"use client";

import { useState } from "react";

import type { Attempt } from "@/components/engines/use-attempt";
import { RunErrorView } from "@/components/runs/run-error";
import { RunOutcome } from "@/components/runs/run-overview";
import { RunStatusLabel } from "@/components/runs/run-status";
import { TraceValue } from "@/components/runs/trace-value";
import { formatTraceTime } from "@/components/decision-graph/trace-time";
import { Callout } from "@/components/ui/callout";
import { cn } from "@/components/ui/cn";
import { Select } from "@/components/ui/input";
import { JsonView } from "@/components/ui/json-view";
import { Tabs } from "@/components/ui/tabs";
import { ErrorView } from "@/components/ui/state-view";
import type { EngineTryResult } from "@/lib/engines/try-schema";

type Props = { attempt: Attempt; selected: string | null; onSelect: (nodeId: string) => void };
type View = "outcome" | "output" | "step";

/** Fills its place. */
export function TryResult({ attempt, selected, onSelect }: Props) {
  const [view, setView] = useState<View>("outcome");
  const { result, error } = attempt;
  if (error)
    return <ErrorView title="The draft could not be tried" message={error.message} requestId={error.requestId} />;
  if (!result) return null;
  return (
    <Tabs
      label="Result"
      look="panel"
      value={view}
      onChange={setView}
      actions={<ResultFacts result={result} outdated={attempt.outdated} />}
      tabs={[
        { value: "outcome", label: "Outcome", content: <Outcome result={result} /> },
        { value: "output", label: "Output", content: <Output result={result} /> },
        { value: "step", label: "Steps", content: <Steps attempt={attempt} selected={selected} onSelect={onSelect} /> },
      ]}
    />
  );
}

function ResultFacts({ result, outdated }: { result: EngineTryResult; outdated: boolean }) {
  return (
    <>
      {outdated ? <span className="text-xs text-warning-text">Of an earlier text</span> : null}
      <RunStatusLabel status={result.status} />
      <span className="font-mono text-xs text-muted tabular-nums">{formatTraceTime(result.duration_ms * 1_000)}</span>
    </>
  );
}

function Outcome({ result }: { result: EngineTryResult }) {
  const { error } = result;
  return (
    <div className="flex flex-col gap-3 p-3">
      {error ? <RunErrorView error={error} /> : null}
      {result.status === "DEGRADED" ? (
        <Callout tone="warning">{result.degradation_reason ?? "Some offerings could not be evaluated."}</Callout>
      ) : null}
      {result.status === "FAILED" ? null : <RunOutcome run={{ output: result.output, solutions: result.solutions }} />}
    </div>
  );
}

function Output({ result }: { result: EngineTryResult }) {
  const { solutions, output, error } = result;
  return (
    <div className="flex flex-col gap-3 p-3">
      {solutions === undefined ? null : <JsonView value={solutions} label="Solutions" />}
      {output === undefined ? null : <JsonView value={output} label="Output" />}
      {error === undefined ? null : <JsonView value={error} label="Error" />}
    </div>
  );
}

function Steps({ attempt, selected, onSelect }: Props) {
  const { result, evaluation } = attempt;
  if (!result?.trace || !evaluation) {
    return (
      <p className="p-3 text-sm text-muted">
        There is no trace: nothing was evaluated, or it was stopped from outside.
      </p>
    );
  }
  const { nodes } = evaluation;
  const step = nodes.find(({ node_id }) => node_id === selected) ?? nodes.at(-1);
  return (
    <div className="flex flex-col gap-3 p-3">
      <Select
        aria-label="Node"
        value={step?.node_id ?? ""}
        onChange={(event) => onSelect(event.target.value)}
        className="h-8"
      >
        {nodes.map(({ node_id, name, duration_us }, index) => (
          <option key={node_id} value={node_id}>
            {index + 1}. {name}
            {duration_us === null ? "" : ` · ${formatTraceTime(duration_us)}`}
          </option>
        ))}
      </Select>
      {step ? (
        <>
          <TraceValue value={step.input} omitted={step.omitted?.input} label="Given" />
          <TraceValue value={step.output} omitted={step.omitted?.output} label="Gave" />
          {step.details === undefined && step.omitted?.details === undefined ? null : (
            <TraceValue value={step.details} omitted={step.omitted?.details} label="How" />
          )}
        </>
      ) : null}
    </div>
  );
}

/** Which offering's evaluation is drawn; nothing where there is but one. */
export function EvaluationPicker({ attempt, className }: { attempt: Attempt; className?: string }) {
  const evaluations = attempt.result?.trace?.evaluations ?? [];
  if (evaluations.length < 2) return null;
  return (
    <Select
      aria-label="Offering whose path is drawn"
      value={attempt.evaluationIndex}
      onChange={(event) => attempt.chooseEvaluation(Number(event.target.value))}
      className={cn("h-8", className)}
    >
      {evaluations.map(({ offering_id, offering_name }, index) => (
        <option key={offering_id ?? index} value={index}>
          {offering_name ?? offering_id ?? `Evaluation ${index + 1}`}
        </option>
      ))}
    </Select>
  );
}
