/** The decision trace of a run: the way that it took through the graph, and each node's input, output and time. */
"use client";

import { Route, Workflow } from "lucide-react";
import { type ReactNode, useEffect, useMemo, useRef } from "react";

import { DecisionGraph } from "@/components/decision-graph/decision-graph";
import { TraceNodeView } from "@/components/runs/trace-node";
import { TraceOfferingPicker } from "@/components/runs/trace-offering-picker";
import { failureIn, offeringGroups } from "@/components/runs/trace-offerings";
import { TraceSteps } from "@/components/runs/trace-steps";
import { type ShownTrace, useRunTrace } from "@/components/runs/use-run-trace";
import { Callout } from "@/components/ui/callout";
import { formatPlural } from "@/components/ui/format-number";
import { QueryErrorView } from "@/components/ui/query-error";
import { Skeleton } from "@/components/ui/skeleton";
import { StateView } from "@/components/ui/state-view";
import type { RunTraceAnswer, TraceEvaluation } from "@/lib/engines/trace-schema";
import type { RunDetailDto } from "@/lib/runs/schema";
import { isTerminal } from "@/lib/runs/transitions";

export function RunTraceView({ run }: { run: RunDetailDto }) {
  const shown = useRunTrace(run);
  const { query, whole } = shown;
  if (!isTerminal(run.status)) return <NoTrace message="The trace is shown when the run has ended." />;
  if (query.isPending && !whole) return <TraceSkeleton />;
  if (query.isError) return <QueryErrorView title="The trace could not be loaded" query={query} />;
  if (whole && whole.trace === null) {
    return (
      <NoTrace message={`${whole.absent?.message ?? "There is none"}.`}>
        {whole.graph ? <DecisionGraph config={whole.graph} className="h-96 rounded-lg border" /> : null}
      </NoTrace>
    );
  }
  return <Trace run={run} shown={shown} />;
}

function Trace({ run, shown }: { run: RunDetailDto; shown: ShownTrace }) {
  const { query, whole, offeringId, evaluation, node, showNode, showOffering } = shown;
  const graph = query.data?.graph ?? whole?.graph;
  const failure = failureIn(run, offeringId);
  const failedNode = failure?.nodeId;
  const groups = offeringGroups(run, whole?.trace ?? null);
  const path = useMemo(
    () => new Map(evaluation?.nodes.map(({ node_id: id, duration_us }) => [id, { duration_us }])),
    [evaluation],
  );
  const problems = useMemo(() => new Map(failedNode === undefined ? [] : [[failedNode, 1]]), [failedNode]);
  return (
    <div className="flex flex-col gap-3">
      {groups.length > 0 ? <TraceOfferingPicker groups={groups} value={offeringId} onChange={showOffering} /> : null}
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,27rem)]">
        <div className="flex min-w-0 flex-col gap-3">
          <DecisionGraph
            label="Way through the graph"
            config={graph}
            trace={path}
            problems={problems}
            selected={node?.node_id ?? null}
            onSelect={showNode}
            className="h-80 rounded-lg border lg:h-112"
          />
          {query.data ? <TraceSource run={run} answer={query.data} evaluation={evaluation} /> : null}
          {evaluation ? (
            <TraceSteps nodes={evaluation.nodes} selected={node?.node_id} failed={failedNode} onSelect={showNode} />
          ) : (
            <MissingEvaluation answer={query.data} />
          )}
        </div>
        <NodePane nodeId={node?.node_id}>
          {node ? (
            <TraceNodeView
              node={node}
              drawn={nodesOf(graph).find((drawn) => drawn["id"] === node.node_id)}
              steps={evaluation?.nodes.length ?? 0}
              error={failedNode === node.node_id ? failure?.message : undefined}
            />
          ) : (
            <p className="rounded-lg border border-dashed px-4 py-8 text-center text-sm text-muted">
              Choose a node to see what it was given, what it gave, and how long it took.
            </p>
          )}
        </NodePane>
      </div>
    </div>
  );
}

function nodesOf(graph: unknown): Record<string, unknown>[] {
  const nodes: unknown = typeof graph === "object" && graph !== null && "nodes" in graph ? graph.nodes : [];
  return Array.isArray(nodes) ? (nodes as Record<string, unknown>[]) : [];
}

/** Beside the graph, or below it in narrow windows: there it comes into sight when another node is chosen. */
function NodePane({ nodeId, children }: { nodeId: string | undefined; children: ReactNode }) {
  const pane = useRef<HTMLDivElement>(null);
  const shown = useRef(nodeId);
  useEffect(() => {
    if (nodeId === shown.current) return;
    shown.current = nodeId;
    const below = pane.current?.previousElementSibling?.getBoundingClientRect().bottom ?? 0;
    if (nodeId !== undefined && pane.current && pane.current.getBoundingClientRect().top >= below)
      pane.current.scrollIntoView({ block: "start" });
  }, [nodeId]);
  return (
    <div ref={pane} className="min-w-0 scroll-mt-16">
      {children}
    </div>
  );
}

type SourceProps = { run: RunDetailDto; answer: RunTraceAnswer; evaluation: TraceEvaluation | undefined };

/** Where the trace is from, when that is not the run itself; and what was left out. */
function TraceSource({ run, answer, evaluation }: SourceProps) {
  const { source, matches_output: matches, trace } = answer;
  const version = `${run.engine} ${run.engine_version}`;
  return (
    <>
      {source === "evaluated_again" && matches ? (
        <p className="text-xs text-muted">
          Made now from the run&rsquo;s input and {version}, which never changes: it came to the very output of the run.
          The times are of now.
        </p>
      ) : null}
      {source === "evaluated_again" && !matches ? (
        <Callout tone="warning">
          No trace was recorded with this run. Evaluated again, {version} came to another output than the run did: it
          looks at the clock or at chance. What is shown here is how it came to that other output.
        </Callout>
      ) : null}
      {evaluation?.nodes.some(({ omitted }) => omitted) ? (
        <p className="text-xs text-muted">
          The trace is too large to be shown whole: the largest values of its nodes are left out.
        </p>
      ) : null}
      {trace?.omitted && evaluation?.offering_id !== undefined ? (
        <p className="text-xs text-muted">
          {formatPlural(trace.omitted.evaluations, "offering")} left out of the whole for size; each is read when it is
          chosen.
        </p>
      ) : null}
    </>
  );
}

function MissingEvaluation({ answer }: { answer: RunTraceAnswer | undefined }) {
  if (!answer) return <Skeleton className="h-36 w-full" />;
  const message = answer.trace?.omitted ? "The trace is too large to be shown" : "There is no trace of this offering";
  return <p className="text-sm text-muted">{answer.absent?.message ?? message}.</p>;
}

function NoTrace({ message, children }: { message: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col gap-4">
      <StateView icon={children ? Route : Workflow} title="No trace" className="py-8">
        {message}
      </StateView>
      {children}
    </div>
  );
}

function TraceSkeleton() {
  return (
    <div aria-busy className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,27rem)]">
      <span className="sr-only">Loading the trace</span>
      <Skeleton className="h-80 w-full" />
      <Skeleton className="h-80 w-full" />
    </div>
  );
}
