/** The graph of the draft, with its problems or the path of the last try. */
"use client";

import { X } from "lucide-react";
import { useMemo } from "react";

import { DecisionGraph } from "@/components/decision-graph/decision-graph";
import { type PlacedProblem, problemsByNode } from "@/components/engines/draft-places";
import type { EngineDraft } from "@/components/engines/engine-draft";
import type { Place } from "@/components/engines/engine-editor";
import { EvaluationPicker } from "@/components/engines/try-result";
import type { Attempt } from "@/components/engines/use-attempt";
import { Button } from "@/components/ui/button";

type Props = {
  draft: EngineDraft;
  config: unknown;
  problems: readonly PlacedProblem[];
  attempt: Attempt;
  place: Place;
};

/** Fills its place. */
export function DraftGraph({ draft, config, problems, attempt, place }: Props) {
  const counts = useMemo(() => problemsByNode(problems), [problems]);
  return (
    <div className="flex flex-col overflow-hidden rounded-lg border max-md:h-90 md:h-full">
      <header className="flex h-9 shrink-0 items-center gap-2 border-b pr-1.5 pl-3 text-xs text-muted">
        <h2 className="font-medium whitespace-nowrap">{attempt.trace ? "Path of the last try" : "Graph"}</h2>
        {draft.content.ok ? null : <span className="truncate">Drawn from the last text that was JSON</span>}
        {attempt.trace ? (
          <div className="ml-auto flex min-w-0 items-center gap-1">
            <EvaluationPicker attempt={attempt} className="h-7 border-line text-xs" />
            <Button size="iconSm" variant="ghost" aria-label="Take the path off the graph" onClick={attempt.clear}>
              <X aria-hidden />
            </Button>
          </div>
        ) : null}
      </header>
      <DecisionGraph
        className="flex-1"
        label="Graph of the draft"
        config={config}
        problems={counts}
        trace={attempt.trace}
        selected={place.selected}
        onSelect={place.selectNode}
      />
    </div>
  );
}
