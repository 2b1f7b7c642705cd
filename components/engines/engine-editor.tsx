/** The Editor tab: the draft's text, its graph, its problems, and trying it. */
"use client";

import { parseAsString, useQueryState } from "nuqs";
import { useEffect, useMemo, useState } from "react";

import { DraftGraph } from "@/components/engines/draft-graph";
import {
  nodeAtPath,
  pathOfNode,
  type PlacedProblem,
  placeProblems,
  tryProblems,
} from "@/components/engines/draft-places";
import { ConfigEditor } from "@/components/engines/config-editor";
import { type EngineDraft, useMaybeEngineDraft } from "@/components/engines/engine-draft";
import { HttpEngineSettings } from "@/components/engines/http-engine-settings";
import { NewerDraft } from "@/components/engines/newer-draft";
import { ProblemList } from "@/components/engines/problem-list";
import { TryPanel } from "@/components/engines/try-panel";
import { useAttempt } from "@/components/engines/use-attempt";
import { ValidityActions } from "@/components/engines/validity-actions";
import { NoPermission } from "@/components/shell/no-permission";
import { useRefusal } from "@/components/shell/use-environment";
import { Badge } from "@/components/ui/badge";
import type { JsonEditorProps } from "@/components/ui/json-editor";
import { Split } from "@/components/ui/split";
import { Tabs } from "@/components/ui/tabs";

/** A graph's workbench, or the settings of an engine that is a service. */
export function EngineEditor() {
  const draft = useMaybeEngineDraft();
  const refusal = useRefusal("engines:manage");
  if (!draft) return <NoPermission permission="engines:manage" what="what this engine does" />;
  if (draft.engine.type === "http") return <HttpEngineSettings draft={draft} refusal={refusal} />;
  return <Workbench draft={draft} refusal={refusal} />;
}

type Panel = "problems" | "try";

function Workbench({ draft, refusal }: { draft: EngineDraft; refusal: string | undefined }) {
  const config = useDrawnConfig(draft);
  const place = usePlace(config);
  const [panel, setPanel] = useState<Panel>("try");
  const attempt = useAttempt(draft, () => setPanel("try"));
  const problems = useMemo(() => placeProblems(config, draft.validity.problems), [config, draft.validity.problems]);
  const failures = useMemo(
    () => (attempt.outdated ? [] : tryProblems(config, attempt.result)),
    [config, attempt.outdated, attempt.result],
  );
  const count = draft.content.ok ? problems.length + failures.length : 1;
  return (
    <>
      <NewerDraft />
      <div className="md:-mb-7 md:h-[calc(100dvh-218px)] md:min-h-150">
        <Split
          direction="column"
          label="Height of the editor"
          percent={60}
          first={
            <Split
              direction="row"
              label="Width of the editor"
              percent={50}
              first={
                <ConfigEditor
                  draft={draft}
                  readOnly={refusal !== undefined}
                  problems={problems}
                  failures={failures}
                  place={place}
                  onSubmit={refusal === undefined ? attempt.run : undefined}
                />
              }
              second={<DraftGraph draft={draft} config={config} problems={problems} attempt={attempt} place={place} />}
            />
          }
          second={
            <div className="overflow-hidden rounded-lg border max-md:min-h-80 md:h-full">
              <Tabs
                label="Below the editor"
                look="panel"
                value={panel}
                onChange={setPanel}
                actions={<ValidityActions draft={draft} />}
                tabs={[
                  {
                    value: "problems",
                    label: <ProblemsLabel count={count} />,
                    content: (
                      <ProblemList draft={draft} problems={problems} failures={failures} onChoose={place.goTo} />
                    ),
                  },
                  {
                    value: "try",
                    label: "Try it",
                    content: (
                      <TryPanel
                        engine={draft.engine}
                        config={config}
                        attempt={attempt}
                        selected={place.selected}
                        onSelect={place.selectNode}
                      />
                    ),
                  },
                ]}
              />
            </div>
          }
        />
      </div>
    </>
  );
}

function ProblemsLabel({ count }: { count: number }) {
  return (
    <span className="flex items-center gap-1.5">
      Problems
      {count > 0 ? (
        <Badge tone="danger" className="h-4 min-w-4 justify-center rounded-full px-1 tabular-nums">
          {count}
        </Badge>
      ) : null}
    </span>
  );
}

/** The config to draw: of the text, or while that is none the last one that was. */
function useDrawnConfig({ content, base }: EngineDraft): unknown {
  const [last, setLast] = useState<unknown>(base.config);
  if (content.ok && content.config !== last) setLast(content.config);
  return content.ok ? content.config : last;
}

export type Place = {
  selected: string | null;
  reveal: JsonEditorProps["reveal"];
  /** From the graph: selects the node and shows it in the text. */
  selectNode: (nodeId: string | null) => void;
  /** From the text: selects the node that the cursor stands in. */
  followCursor: (path: string) => void;
  /** From the problems: both, and into the text. */
  goTo: (problem: PlacedProblem) => void;
};

/** Where one is: the same place in the text and in the graph. */
function usePlace(config: unknown): Place {
  const [selected, setSelected] = useState<string | null>(null);
  const [reveal, setReveal] = useState<JsonEditorProps["reveal"]>();
  const show = (path: string, focus: boolean) => setReveal((last) => ({ path, focus, at: (last?.at ?? 0) + 1 }));
  // A link may name a place, as the problems of the publish dialog do; once shown, it is not shown again.
  const [at, setAt] = useQueryState("at", parseAsString);
  const [shown, setShown] = useState<string | null>(null);
  if (at !== shown) {
    setShown(at);
    if (at !== null) {
      setSelected(nodeAtPath(config, at));
      show(at, true);
    }
  }
  useEffect(() => {
    if (at !== null) void setAt(null);
  }, [at, setAt]);
  return {
    selected,
    reveal,
    selectNode: (nodeId) => {
      setSelected(nodeId);
      const path = nodeId === null ? null : pathOfNode(config, nodeId);
      if (path !== null) show(path, false);
    },
    followCursor: (path) => setSelected(nodeAtPath(config, path)),
    goTo: ({ path, nodeId }) => {
      setSelected(nodeId);
      show(path, true);
    },
  };
}
